/** Messages that the other side of a link may send: a second, and at once. */
const MESSAGES_A_SECOND = 200;
const MESSAGES_AT_ONCE = 1_000;
/** Characters of its frames: a second, and at once. */
const CHARACTERS_A_SECOND = 64 * 1024;
const CHARACTERS_AT_ONCE = 512 * 1024;

/** What may be spent in a time: so much a second, and so much at once. */
export class Allowance {
  #left: number;
  #at: number;

  constructor(
    private readonly aSecond: number,
    private readonly atOnce: number,
    /** ms. */
    now: number,
  ) {
    this.#left = atOnce;
    this.#at = now;
  }

  /** Spends `amount`, unless there is not so much left. @returns whether there was */
  spend(amount: number, now: number): boolean {
    this.#left = Math.min(this.atOnce, this.#left + (Math.max(0, now - this.#at) * this.aSecond) / 1000);
    this.#at = now;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}

/**
 * How much of its main channel one link may make a viewer read. An honest viewer with segments of 0.5 s in six renditions sends about 150
 * messages and 30,000 characters a second at the most: of each segment one `new` and up to 7 `fetching`, of its own rendition `part`, `have`
 * and `lost`, of 5 segments on their way a `want` each quarter of a second, and as many answers.
 */
export class ControlBudget {
  readonly #messages: Allowance;
  readonly #characters: Allowance;

  constructor(now: number) {
    this.#messages = new Allowance(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, now);
    this.#characters = new Allowance(CHARACTERS_A_SECOND, CHARACTERS_AT_ONCE, now);
  }

  /** A frame has come. @returns whether it may be read */
  frame(characters: number, now: number): boolean {
    return this.#characters.spend(characters, now);
  }

  /** Messages were in it. @returns whether they may be taken */
  messages(count: number, now: number): boolean {
    return this.#messages.spend(count, now);
  }
}

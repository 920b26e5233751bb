import type { RootWord } from './part-frames.js';

/** Who fetches parts from the origin, and when the others do: pure, so that bench/simulate runs it, too. */

/** Before the player needs a part the origin must have been asked for it: what that takes beyond its usual time, ms. */
const SAFETY_MS = 150;
/** Of the time until then, the part after which the first of those who wait for a part fetches it. */
const FIRST_SHARE = 0.8;
/** A part that came from another root within this share of that time makes this root one too many. */
const SPARE_SHARE = 0.7;
/** A second part that is late so many parts after the first tells that no root is in reach; one alone, that a page was busy. */
const LATE_AGAIN = 4;
/** Parts for which who had to fetch one stays a root, and at most where it is wrong to step down again and again. */
const FIRST_HOLD = 4;
const LONGEST_HOLD = 32;

/**
 * How long a viewer may wait for a part that its playlist lists, ms; 0: not at all.
 * @param left until the player runs dry, ms
 * @param fetchMs what a fetch of a part usually takes, ms
 */
export const patience = (left: number, fetchMs: number): number => Math.max(0, left - SAFETY_MS - 1.5 * fetchMs);

/** After which part of its patience a viewer that waits fetches. @param u uniform in [0, 1), its own */
export const waitFor = (patience: number, u: number): number => patience * (FIRST_SHARE + (1 - FIRST_SHARE) * u);

/** Parts after which word of a root that did not come again is forgotten. */
const FORGOTTEN = 4;
/** What a part takes from one viewer to the next, before it was measured, ms. */
const USUAL_HOP_MS = 100;

/**
 * Roots fetch each part at once and give it to their links, which pass it on. Whom two parts reach too late becomes a root. With each part viewers tell
 * their links of the root with the least id that would reach them in good time: a root that hears of one before itself ends being one.
 */
export class Role {
  isRoot = false;
  #best: { root: string; after: number; part: number } | undefined;
  #part = 0;
  /** Parts that it has still to be a root for. */
  #hold = 0;
  #nextHold = FIRST_HOLD;
  /** When it last ended being one, in parts. */
  #ended = 0;
  /** When the last one was late, in parts. */
  #lateAt = Number.NEGATIVE_INFINITY;
  #hop = USUAL_HOP_MS;

  /** @param id of the viewer */
  constructor(readonly id: string) {}

  /** A part was not here in time, and is fetched. */
  late(): void {
    if (this.isRoot) return;
    const isAgain = this.#part - this.#lateAt <= LATE_AGAIN;
    this.#lateAt = this.#part;
    if (!isAgain) return;
    this.isRoot = true;
    // Parts came in time for as long as it was one before: it was right to step down, and this time something else is in the way.
    if (this.#part - this.#ended > this.#nextHold / 2) this.#nextHold = FIRST_HOLD;
    this.#hold = this.#nextHold;
    this.#nextHold = Math.min(LONGEST_HOLD, 2 * this.#nextHold);
  }

  /** The next part is listed. */
  next(): void {
    this.#part += 1;
    if (this.#hold > 0) this.#hold -= 1;
    if (this.#best && this.#best.part < this.#part - FORGOTTEN) this.#best = undefined;
  }

  /** A part came from a link so long after it had it itself, ms. */
  took(ms: number): void {
    this.#hop += 0.2 * (Math.max(5, ms) - this.#hop);
  }

  /** What it tells its links with a part that it has had so long after it was listed, ms. */
  word(waited: number): RootWord | undefined {
    const own = this.isRoot ? { root: this.id, after: waited } : undefined;
    const best = this.#best;
    return own && (!best || own.root < best.root) ? own : best;
  }

  /** A link told of a root. */
  heard({ root, after: before }: RootWord, patience: number): void {
    const after = before + this.#hop;
    if (root === this.id || after > SPARE_SHARE * patience) return;
    const best = this.#best;
    if (best && (root > best.root || (root === best.root && after > best.after && best.part === this.#part))) return;
    this.#best = { root, after, part: this.#part };
    if (!this.isRoot || this.#hold > 0 || root > this.id) return;
    this.isRoot = false;
    this.#ended = this.#part;
  }
}

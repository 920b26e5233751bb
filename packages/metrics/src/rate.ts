/** Reports taken at once, and each second after that: what 100,000 viewers of whom a tenth reports each minute send is 170 a second. */
const BURST = 2_000;
const PER_SECOND = 1_000;

/** How many reports are taken: what pages send must not keep a server busy. */
export class ReportRate {
  #allowance = BURST;
  #counted: number;

  /** @param clock Steady, ms. */
  constructor(private readonly clock: () => number) {
    this.#counted = clock();
  }

  /** Whether one more is taken. */
  takes(): boolean {
    const now = this.clock();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#counted) / 1000) * PER_SECOND);
    this.#counted = now;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }
}

/** A burst is a quarter of a second's bytes, and never less than this: two of WebTorrent's blocks. */
const MIN_BURST_BYTES = 32 * 1024;

/** A rate limit: within any t seconds at most `burst + rate · t` bytes go, if each goes when `take` says. */
export class TokenBucket {
  readonly burst: number;
  /** Bytes that may go at once; below 0, bytes that wait. */
  #level: number;
  #at: number;

  constructor(
    /** Bytes a second, above 0. */
    private readonly rate: number,
    /** ms. */
    now: number,
  ) {
    this.burst = Math.max(rate / 4, MIN_BURST_BYTES);
    this.#level = this.burst;
    this.#at = now;
  }

  /** Takes `bytes` out. @returns ms after `now` at which they may go. */
  take(bytes: number, now: number): number {
    this.#fill(now);
    this.#level -= bytes;
    return this.#wait();
  }

  /** ms until everything that was taken has gone. */
  backlog(now: number): number {
    this.#fill(now);
    return this.#wait();
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = Math.max(this.#at, now);
    this.#level = Math.min(this.burst, this.#level + (elapsed * this.rate) / 1000);
  }

  #wait(): number {
    return Math.max(0, (-1000 * this.#level) / this.rate);
  }
}

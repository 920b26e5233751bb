/** How far back a rate remembers, ms of being asked for something. */
const MEMORY_MS = 4_000;
/** A rate says nothing any more after this, ms: what was in the viewer's way may be over. */
const VALID_MS = 10_000;

/** How fast a viewer gives while something is asked of it. A time in which it is asked for nothing does not count. */
export class Throughput {
  #bytes = 0;
  #ms = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** It gave `bytes` in `ms` of being asked, until `now`, ms. */
  add(bytes: number, ms: number, now: number): void {
    const keep = Math.exp(-ms / MEMORY_MS);
    this.#bytes = this.#bytes * keep + bytes;
    this.#ms = this.#ms * keep + ms;
    this.#toldAt = now;
  }

  /** Bytes a second, as last seen; undefined before anything was asked. */
  get rate(): number | undefined {
    return this.#ms > 0 ? (1000 * this.#bytes) / this.#ms : undefined;
  }

  /** Bytes a second; undefined where that is not known, or no longer. */
  rateAt(now: number): number | undefined {
    return now - this.#toldAt <= VALID_MS ? this.rate : undefined;
  }
}

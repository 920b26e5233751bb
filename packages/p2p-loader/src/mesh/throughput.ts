/** How far back a rate remembers, ms of being asked for something. */
const MEMORY_MS = 4_000;
/** A rate says nothing any more after this, ms: what was in the viewer's way may be over. */
const VALID_MS = 10_000;

/** The best rate is told from so much at least: bytes that were queued come at once. Bytes, or ms. */
const BEST_BYTES = 512 * 1024;
const BEST_MS = 100;
/** How long it is believed, ms. */
const BEST_VALID_MS = 30_000;

/** How fast a viewer gives while something is asked of it. A time in which it is asked for nothing does not count. */
export class Throughput {
  #bytes = 0;
  #ms = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #part = { bytes: 0, ms: 0 };
  #best = 0;
  #bestAt = Number.NEGATIVE_INFINITY;

  /** It gave `bytes` in `ms` of being asked, until `now`, ms. */
  add(bytes: number, ms: number, now: number): void {
    const keep = Math.exp(-ms / MEMORY_MS);
    this.#bytes = this.#bytes * keep + bytes;
    this.#ms = this.#ms * keep + ms;
    this.#toldAt = now;
    const part = this.#part;
    part.bytes += bytes;
    part.ms += ms;
    if (part.bytes < BEST_BYTES && part.ms < BEST_MS) return;
    const rate = (1000 * part.bytes) / Math.max(1, part.ms);
    if (rate >= this.#best || now - this.#bestAt > BEST_VALID_MS) {
      this.#best = rate;
      this.#bestAt = now;
    }
    part.bytes = 0;
    part.ms = 0;
  }

  /** Bytes a second, as last seen; undefined before anything was asked. */
  get rate(): number | undefined {
    return this.#ms > 0 ? (1000 * this.#bytes) / this.#ms : undefined;
  }

  /** The best of late, bytes a second: what the way to it carries, while it has something to give. 0: not known. */
  bestAt(now: number): number {
    return now - this.#bestAt <= BEST_VALID_MS ? this.#best : 0;
  }

  /** Bytes a second; undefined where that is not known, or no longer. */
  rateAt(now: number): number | undefined {
    return now - this.#toldAt <= VALID_MS ? this.rate : undefined;
  }
}

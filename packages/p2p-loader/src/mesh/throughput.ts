/** How far back a rate remembers, ms of being asked for something. */
const MEMORY_MS = 4_000;

/** How fast a viewer gives while something is asked of it. A time in which it is asked for nothing does not count. */
export class Throughput {
  #bytes = 0;
  #ms = 0;

  /** It gave `bytes` in `ms` of being asked. */
  add(bytes: number, ms: number): void {
    const keep = Math.exp(-ms / MEMORY_MS);
    this.#bytes = this.#bytes * keep + bytes;
    this.#ms = this.#ms * keep + ms;
  }

  /** Bytes a second; undefined before anything was asked. */
  get rate(): number | undefined {
    return this.#ms > 0 ? (1000 * this.#bytes) / this.#ms : undefined;
  }
}

/** How long something has to wait in the channels without a break before it tells what the uplink carries, ms. */
const SPAN_MS = 300;
/** How far back the best of what was seen counts, ms. */
const MEMORY_MS = 30_000;

/** What goes out on one link. */
export interface Outgoing {
  /** Bytes of segments that were handed to its channels. */
  readonly sentBytes: number;
  /** Those of them that have not left yet. */
  readonly waitingBytes: number;
}

/** What the viewer's uplink carries, told from how fast what waits in the channels of all links leaves. */
export class Uplink {
  /** Bytes that had left on each link at the last look. */
  #left = new Map<Outgoing, number>();
  #lookedAt = 0;
  #waited = false;
  /** What left since something waits without a break, and for how long that has been, ms. */
  #bytes = 0;
  #ms = 0;
  #rate: number | undefined;

  /** Call it before bytes are handed to a channel of any of the links: what waits then has waited since the last time. */
  look(links: Iterable<Outgoing>, now: number): void {
    const left = new Map<Outgoing, number>();
    let [bytes, waiting] = [0, 0];
    for (const link of links) {
      const out = link.sentBytes - link.waitingBytes;
      left.set(link, out);
      waiting += link.waitingBytes;
      bytes += out - (this.#left.get(link) ?? out);
    }
    const elapsed = now - this.#lookedAt;
    if (this.#rate !== undefined) this.#rate *= Math.exp(-elapsed / MEMORY_MS);
    // What leaves first only fills what is under way.
    if (waiting > 0 && this.#waited) {
      this.#bytes += bytes;
      this.#ms += elapsed;
    } else this.#begin();
    if (this.#ms >= SPAN_MS) {
      this.#rate = Math.max(this.#rate ?? 0, (1000 * this.#bytes) / this.#ms);
      this.#begin();
    }
    this.#left = left;
    this.#lookedAt = now;
    this.#waited = waiting > 0;
  }

  /** Bytes a second; undefined while nothing had to wait. */
  get rate(): number | undefined {
    return this.#rate;
  }

  #begin(): void {
    this.#bytes = 0;
    this.#ms = 0;
  }
}

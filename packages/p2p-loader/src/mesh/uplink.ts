/** What left tells what the uplink carries after this long of something waiting, ms: how much is under way at a time comes and goes. */
const SPAN_MS = 1_000;
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
  /** What left while something waited, and how long that was, ms. */
  #bytes = 0;
  #ms = 0;
  #rate: number | undefined;

  constructor(private readonly links: () => Iterable<Outgoing>) {}

  /** Call it before bytes are handed to a channel of any of the links: what waits then has waited since the last time. */
  look(now: number): void {
    const left = new Map<Outgoing, number>();
    let bytes = 0;
    let waiting = false;
    for (const link of this.links()) {
      const { waitingBytes } = link;
      waiting ||= waitingBytes > 0;
      const out = link.sentBytes - waitingBytes;
      left.set(link, out);
      bytes += out - (this.#left.get(link) ?? out);
    }
    const elapsed = now - this.#lookedAt;
    if (this.#rate !== undefined) this.#rate *= Math.exp(-elapsed / MEMORY_MS);
    // What leaves first only fills what is under way.
    if (waiting && this.#waited) {
      this.#bytes += bytes;
      this.#ms += elapsed;
    } else if (elapsed > SPAN_MS) this.#begin();
    if (this.#ms >= SPAN_MS) {
      this.#rate = Math.max(this.#rate ?? 0, (1000 * this.#bytes) / this.#ms);
      this.#begin();
    }
    this.#left = left;
    this.#lookedAt = now;
    this.#waited = waiting;
  }

  /** Bytes that were handed over and have not left yet. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const link of this.links()) bytes += link.waitingBytes;
    return bytes;
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

/** How far back arrivals are remembered, ms: longer than the transfer of a segment takes. */
const REMEMBERED_MS = 30_000;
/** Arrivals within this time count as one, ms. */
const GRAIN_MS = 20;
/** Weights of an answer of the origin that was faster than those before, and of one that was slower: the link was shared, or is worse. */
const FASTER_WEIGHT = 0.5;
const SLOWER_WEIGHT = 0.3;
/** What is shorter says nothing of a rate, ms. */
const SHORTEST_MS = 20;

/**
 * What the viewer's link carries, all transfers together. One transfer's own rate says less: several share the link, and peers
 * send only as fast as their own links let them.
 */
export class LinkRate {
  /** When bytes arrived, and the sum of all until then; the oldest first. */
  readonly #arrivals: { readonly at: number; total: number }[] = [];
  #shown: number | undefined;

  /** Bytes of any transfer arrived at `now`, ms. */
  received(bytes: number, now: number): void {
    const last = this.#arrivals.at(-1);
    if (last && now - last.at < GRAIN_MS) last.total += bytes;
    else this.#arrivals.push({ at: now, total: (last?.total ?? 0) + bytes });
    // At least one older than all that will be asked for stays, as the sum to count from.
    while (now - (this.#arrivals[1]?.at ?? now) > REMEMBERED_MS) this.#arrivals.shift();
  }

  /** An answer of the origin, which sends as fast as the link carries, came between `first` and `end`, ms. */
  originAnswered(first: number, end: number): void {
    const rate = this.#during(first, end);
    if (rate === undefined) return;
    const shown = this.#shown ?? rate;
    this.#shown = shown + (rate > shown ? FASTER_WEIGHT : SLOWER_WEIGHT) * (rate - shown);
  }

  /** How long the origin would take for `bytes`, as far as its answers have shown, ms; 0 before the first. */
  fetchMs(bytes: number): number {
    return this.#shown ? bytes / this.#shown : 0;
  }

  /**
   * How long `length` bytes that came between `first` and `end` would have taken with the link to themselves, ms: never more
   * than they took.
   * @param originFirst when the origin began to send some of them; without it peers did, who may be slower than the link
   */
  bodyMs(length: number, first: number, end: number, originFirst: number | undefined): number {
    const rate =
      originFirst === undefined
        ? Math.max(this.#during(first, end) ?? 0, this.#shown ?? 0)
        : (this.#during(originFirst, end) ?? 0);
    return Math.min(end - first, rate > 0 ? length / rate : Number.POSITIVE_INFINITY);
  }

  /** Bytes/ms that arrived after `first` until `end`. */
  #during(first: number, end: number): number | undefined {
    if (end - first < SHORTEST_MS) return undefined;
    let before = 0;
    let total = 0;
    for (const arrival of this.#arrivals) {
      if (arrival.at > end) break;
      if (arrival.at <= first) before = arrival.total;
      total = arrival.total;
    }
    return (total - before) / (end - first);
  }
}

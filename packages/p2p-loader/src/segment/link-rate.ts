/** How far back arrivals are remembered, ms: longer than the transfer of a segment takes. */
const REMEMBERED_MS = 30_000;
/** Arrivals within this time count as one, ms. */
const GRAIN_MS = 20;
/** Weight of an answer of the origin that was slower than those before: the link was shared, or is worse. A faster one counts alone. */
const SLOWER_WEIGHT = 0.3;
/** What is shorter says nothing of a rate, ms. */
const SHORTEST_MS = 20;
/**
 * The link's pace is that of the fastest part of a transfer that is this long, ms, or half of it: in the rest the connection was new, senders were slow,
 * the uplink was full, or others used the link.
 */
const TOLD_MS = 1_000;

/**
 * What the viewer's link carries, all transfers together. One transfer's own rate says less: several share the link, and peers
 * send only as fast as their own links let them.
 */
export class LinkRate {
  /** When bytes arrived, and the sum of all until then; the oldest first. */
  readonly #arrivals: { readonly at: number; total: number }[] = [];
  #shown: number | undefined;
  /** What answers showed that have not ended, or were broken off since viewers were faster, until one has. */
  #unended = 0;

  /** @param shared what others showed of a line that this viewer shares with them, bytes/ms */
  constructor(private readonly shared: () => number = () => 0) {}

  /** What the origin's answers showed, bytes/ms; 0 before the first. */
  get shown(): number {
    return this.#shown ?? this.#unended;
  }

  /** Bytes of any transfer arrived at `now`, ms. */
  received(bytes: number, now: number): void {
    const last = this.#arrivals.at(-1);
    if (last && now - last.at < GRAIN_MS) last.total += bytes;
    else this.#arrivals.push({ at: now, total: (last?.total ?? 0) + bytes });
    // At least one older than all that will be asked for stays, as the sum to count from.
    while (now - (this.#arrivals[1]?.at ?? now) > REMEMBERED_MS) this.#arrivals.shift();
  }

  /** An answer of the origin that goes on has brought `bytes` between `first` and `now`, ms. */
  originGives(bytes: number, first: number, now: number): void {
    if (now - first >= TOLD_MS) this.#unended = bytes / (now - first);
  }

  /** An answer of the origin that came between `first` and `last`, ms, was broken off, or was one for a part. */
  originLeft(first: number, last: number): void {
    if (this.#shown !== undefined && last - first >= TOLD_MS) this.originAnswered(first, last);
  }

  /**
   * An answer of the origin, which sends as fast as the link carries, came between `first` and `end`, ms.
   * @param asked when it was asked for: the very first may come in one burst, since the page was busy until then
   */
  originAnswered(first: number, end: number, asked = first): void {
    const rate = this.#fastest(first, end) ?? (this.#shown === undefined ? this.#fastest(asked, end) : undefined);
    if (rate !== undefined) this.#answered(rate);
  }

  #answered(rate: number): void {
    const slowerBy = Math.max(0, (this.#shown ?? 0) - rate);
    this.#shown = rate + (1 - SLOWER_WEIGHT) * slowerBy;
  }

  /** How long the origin would take for `bytes`, as far as its answers have shown, ms; 0 before the first. */
  fetchMs(bytes: number): number {
    return this.shown ? bytes / this.shown : 0;
  }

  /**
   * How long `length` bytes that came between `first` and `end` would have taken with the link to themselves, ms. Only on a line that is shared it is more
   * than they took: what comes from this side of it says nothing of it.
   * @param whole whether all of it is here: until then what others show of the line helps nobody
   * @param originFirst when the origin began to send some of them; without it peers did, who may be slower than the link
   */
  bodyMs(length: number, first: number, end: number, originFirst: number | undefined, whole = false): number {
    const others = whole ? this.shared() : 0;
    if (others > 0) return length / Math.max(this.shown, others);
    const fastest = this.#fastest(originFirst ?? first, end) ?? 0;
    const rate = originFirst === undefined ? Math.max(fastest, this.shown) : fastest;
    return Math.min(end - first, rate > 0 ? length / rate : Number.POSITIVE_INFINITY);
  }

  /** Bytes/ms that arrived after `first` until `end`, in the fastest part of that time. */
  #fastest(first: number, end: number): number | undefined {
    if (end - first < SHORTEST_MS) return undefined;
    const span = Math.min(TOLD_MS, Math.max(SHORTEST_MS, (end - first) / 2));
    let before = 0;
    const points = [{ at: first, total: 0 }];
    for (const { at, total } of this.#arrivals) {
      if (at > end) break;
      if (at <= first) before = total;
      else points.push({ at, total: total - before });
    }
    points.push({ at: end, total: points.at(-1)?.total ?? 0 });
    let fastest = 0;
    let from = 0;
    for (const { at, total } of points) {
      while (at - (points[from + 1]?.at ?? at) >= span) from += 1;
      const { at: since, total: until } = points[from] as { at: number; total: number };
      if (at - since >= span) fastest = Math.max(fastest, (total - until) / (at - since));
    }
    return fastest;
  }
}

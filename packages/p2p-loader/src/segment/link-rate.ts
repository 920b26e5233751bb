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

/** Who gives at this many times the rate of the viewer's line is on this side of it. */
export const BESIDE = 1.5;

/** What is known of the viewer's line from others. */
export interface SharedLine {
  /** Whether some link does not come through it. */
  readonly isShared: boolean;
  /** What others showed of it, bytes/ms; 0: nothing. */
  readonly rate: number;
}

/** The player that is told of a transfer which has ended. */
export interface Told {
  /** It has less in its buffer than the segment lasts. */
  readonly isLow: boolean;
  /** It measures the body itself, through the worker, and so has to wait for it as long as it is told. */
  readonly isPaced: boolean;
}

/**
 * What the viewer's link carries, all transfers together. One transfer's own rate says less: several share the link, and peers
 * send only as fast as their own links let them.
 */
export class LinkRate {
  /** When bytes arrived, and the sum of all until then; the oldest first. */
  readonly #arrivals: { readonly at: number; total: number }[] = [];
  #shown: number | undefined;
  /** What the last answer showed, whether it has ended or not: until one has, nothing else is known. */
  #last = 0;

  /** @param line undefined where no player chooses renditions by what it is told */
  constructor(private readonly line: () => SharedLine | undefined = () => undefined) {}

  /** What the origin's answers showed, bytes/ms; 0 before the first. */
  get shown(): number {
    return this.#shown ?? this.#last;
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
    if (now - first >= TOLD_MS) this.#last = bytes / (now - first);
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
    this.#last = rate;
    const slowerBy = Math.max(0, (this.#shown ?? 0) - rate);
    this.#shown = rate + (1 - SLOWER_WEIGHT) * slowerBy;
  }

  /** How long the origin would take for `bytes`, as far as its answers have shown, ms; 0 before the first. */
  fetchMs(bytes: number): number {
    return this.shown ? bytes / this.shown : 0;
  }

  /**
   * How long `length` bytes that came between `first` and `end` would have taken with the link to themselves, ms. Only where others showed what it carries, or
   * where they came from this side of it, it is more than they took.
   * @param originFirst when the origin began to send some of them; without it peers did, who may be slower than the link
   * @param told once all of them are here: until then what others show of the line helps nobody
   */
  bodyMs(length: number, first: number, end: number, originFirst: number | undefined, told?: Told): number {
    const pace = told ? this.#toldPace(length / (end - first), originFirst !== undefined, told) : 0;
    if (pace > 0) return length / pace;
    const fastest = this.#fastest(originFirst ?? first, end) ?? 0;
    const rate = originFirst === undefined ? Math.max(fastest, this.shown) : fastest;
    return Math.min(end - first, rate > 0 ? length / rate : Number.POSITIVE_INFINITY);
  }

  /**
   * At which pace a segment is told that came at `rate`, bytes/ms; 0: at its own. What comes from this side of the line comes at the line's pace: a player
   * that is about to run dry is told what the line leaves to this viewer now, any other one what it carries.
   */
  #toldPace(rate: number, fromOrigin: boolean, { isLow, isPaced }: Told): number {
    const line = this.line();
    if (!line) return 0;
    const carries = Math.max(this.shown, line.rate);
    const isBeside = !isPaced && (line.isShared || (!fromOrigin && rate > BESIDE * carries));
    if (isBeside && isLow) return fromOrigin ? 0 : this.#last;
    return isBeside || line.rate > 0 ? carries : 0;
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

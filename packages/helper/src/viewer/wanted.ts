import type { SegmentList } from '@live-torrent/manifest-magnetizer';

/** How far from the end of a live playlist a player begins (RFC 8216 §6.3.3), in target durations. */
const HOLD_BACK = 3;

/**
 * The segments that a viewer asks for now: of a live playlist those after the last that it asked for, and the last three target durations at first;
 * of one that has ended all, with `all`, or what is new in it.
 * @param last Media Sequence Number of the last segment that was asked for; numbers that have gone back begin anew
 */
export function wantedOf(list: SegmentList, last: number | undefined, all: boolean): SegmentList['segments'] {
  const { segments, targetDuration = 0 } = list;
  const newest = segments.at(-1)?.mediaSequence;
  if (newest === undefined) return [];
  const first = segments[0]?.mediaSequence ?? 0;
  if (last !== undefined && last <= newest && last >= first - 1)
    return segments.filter(({ mediaSequence }) => mediaSequence > last);
  if (all && list.endList) return segments;
  let back = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    back += segments[i]?.duration ?? 0;
    if (back >= HOLD_BACK * targetDuration) return segments.slice(i);
  }
  return segments;
}

/**
 * Whether a segment that came `after` ms from when it was listed would have come too late for a player that plays three target durations behind.
 * @param target EXT-X-TARGETDURATION, s
 * @param duration of the segment, s
 */
export function isLate(after: number, target: number | undefined, duration: number): boolean {
  return after > (HOLD_BACK * (target ?? duration) - duration) * 1_000;
}

/** Runs tasks in their order, so many at a time. */
export class SegmentQueue<T> {
  readonly #waiting: { readonly item: T; readonly atOnce: number }[] = [];
  #running = 0;

  constructor(private readonly run: (item: T) => Promise<void>) {}

  /** @param atOnce how many may run beside each other when it begins; default: any number */
  add(item: T, atOnce = Number.POSITIVE_INFINITY): void {
    this.#waiting.push({ item, atOnce });
    this.#next();
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  #next(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#running >= first.atOnce) return;
      this.#waiting.shift();
      this.#running += 1;
      void this.run(first.item).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}

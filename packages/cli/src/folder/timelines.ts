import { type FolderSegment, isContinuous } from './folder-segment.js';

/** Segments of two tracks that belong together begin within this time of each other, s. */
const TOLERANCE = 0.5;
/** PES timestamps have 33 bits at 90 kHz (ISO/IEC 13818-1 §2.4.3.7) and start anew after 26.5 h. */
const TS_WRAP = 2 ** 33 / 90_000;
/** Timelines that are remembered: more than a window has segments. */
const MAX_RUNS = 16;

/** Media on one clock, between two discontinuities. */
interface Run {
  readonly index: number;
  /** Presentation time of its first segment, s. */
  readonly from: number;
  /** End of its last segment, s; it does not wrap. */
  to: number;
  /** When its first segment begins, ms since the epoch. */
  readonly date: number;
}

/** A place on a feed's timelines. */
export interface Place {
  /** Discontinuities before it, since the feed's start. */
  readonly timeline: number;
  /** Presentation time, s; it does not wrap. */
  readonly start: number;
}

/**
 * The timelines of a feed, one after each discontinuity. One track makes them; what other tracks have is placed on
 * them, so that all renditions have the same discontinuities (RFC 8216 §6.2.4).
 */
export class Timelines {
  readonly #runs: Run[] = [];
  #last: FolderSegment | undefined;

  /** @param dateOf when a segment that begins a timeline begins, ms since the epoch; it is never before the last one's end */
  constructor(readonly dateOf: (segment: FolderSegment) => number) {}

  /** Appends the next segment of the track that makes the timelines. */
  append(segment: FolderSegment): Place {
    const current = this.#runs.at(-1);
    const continues = current !== undefined && this.#last !== undefined && isContinuous(this.#last, segment);
    this.#last = segment;
    if (continues) {
      const start = unwrapped(segment, current.to);
      current.to = start + (segment.end - segment.start);
      return { timeline: current.index, start };
    }
    const index = (current?.index ?? -1) + 1;
    const date = Math.max(this.dateOf(segment), current === undefined ? 0 : dateIn(current, current.to));
    this.#runs.push({ index, from: segment.start, to: segment.end, date });
    while (this.#runs.length > MAX_RUNS) this.#runs.shift();
    return { timeline: index, start: segment.start };
  }

  /**
   * Where a segment of another track belongs: at or after `after`, that track's last one. Undefined while the timelines have
   * not come as far.
   */
  placeOf(segment: FolderSegment, after: Place | undefined): Place | undefined {
    for (const [i, run] of this.#runs.entries()) {
      if (run.index < (after?.timeline ?? 0)) continue;
      const start = unwrapped(segment, run.to);
      if (run.index === after?.timeline && start <= after.start + 0.001) continue;
      // What the other track lacks in the middle of a clock, this one may have.
      const next = this.#runs[i + 1];
      const to = next !== undefined && next.from > run.to ? next.from - TOLERANCE : run.to + TOLERANCE;
      if (start >= run.from - TOLERANCE && start < to) return { timeline: run.index, start };
    }
    return undefined;
  }

  /** EXT-X-PROGRAM-DATE-TIME of a place, ms since the epoch; undefined when it is long gone. */
  dateAt({ timeline, start }: Place): number | undefined {
    const run = this.#runs.find(({ index }) => index === timeline);
    return run && dateIn(run, start);
  }
}

function dateIn({ date, from }: Run, start: number): number {
  return date + (start - from) * 1000;
}

/** The start of a segment near `time`, s. */
function unwrapped({ container, start }: FolderSegment, time: number): number {
  return container === 'fmp4' ? start : start + TS_WRAP * Math.round((time - start) / TS_WRAP);
}

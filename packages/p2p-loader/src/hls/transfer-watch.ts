import type { SegmentProgress, TransferTiming } from '../segment-source.js';
import type { HlsProgressiveTiming } from './types.js';

/** A pause between bytes that is longer than this counts as waiting for a peer, not as a slow network, ms. */
export const PAUSE = 500;

/**
 * The times of a transfer as hls.js shall see them while it runs. Its ABR controller takes all time since `loading.start` for
 * transfer, and leaves the rung when that is slow; but time in which a peer is awaited says nothing about the network.
 * So the start moves along: with the clock until the transfer begins, then by the length of the pauses.
 */
export class TransferWatch {
  readonly #forgivenLimit: number;
  #timing: Partial<TransferTiming> = {};
  #loaded = 0;
  #lastByte: number | undefined;
  #forgiven = 0;

  /** @param forgivenLimit most time to forgive in pauses, ms; after it the rules of hls.js shall act. */
  constructor(forgivenLimit: number) {
    this.#forgivenLimit = forgivenLimit;
  }

  /** Takes a report that came at `now`. */
  progress({ loaded, timing }: SegmentProgress, now: number): void {
    this.#timing = timing;
    if (loaded <= this.#loaded) return;
    this.#forgiven = this.#forgivenAt(now);
    this.#loaded = loaded;
    this.#lastByte = now;
  }

  /** Bytes received. */
  get loaded(): number {
    return this.#loaded;
  }

  /** `loading.start` at `now`. */
  startAt(now: number): number {
    const { start } = this.#timing;
    return start === undefined ? now : Math.min(now, start + this.#forgivenAt(now));
  }

  /** `loading.first` at `now`; 0 before the first byte, as hls.js has it. */
  firstAt(now: number): number {
    const { start, firstByte } = this.#timing;
    return start === undefined || firstByte === undefined ? 0 : this.startAt(now) + Math.max(0, firstByte - start);
  }

  #forgivenAt(now: number): number {
    const pause = this.#lastByte === undefined ? 0 : Math.max(0, now - this.#lastByte - PAUSE);
    return Math.min(this.#forgivenLimit, this.#forgiven + pause);
  }
}

/** hls.js's `stats.loading` of a running transfer: read whenever its ABR controller looks. */
export const liveTiming = (watch: TransferWatch, now: () => number): HlsProgressiveTiming => ({
  get start() {
    return watch.startAt(now());
  },
  get first() {
    return watch.firstAt(now());
  },
  end: 0,
});

/**
 * hls.js's `stats.loading` of a finished transfer: the real one's durations, moved so that they end now. hls.js measures to the
 * moment at which the segment is parsed, so that a segment from the cache would otherwise read as faster or slower than it came.
 * @param requested when hls.js asked, ms; stands in for times that make no sense
 */
export function finishedTiming(timing: TransferTiming, requested: number, now: number): HlsProgressiveTiming {
  const whole = timing.end - timing.start;
  const body = timing.end - timing.firstByte;
  if (!(whole >= body && body >= 0)) return { start: requested, first: requested, end: now };
  return { start: now - whole, first: now - body, end: now };
}

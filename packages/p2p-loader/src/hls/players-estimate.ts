import type { TransferTiming } from '../segment-source.js';
import type { HlsLoaderStats } from './types.js';

/**
 * hls.js's own estimate of the bandwidth, which it writes into the stats of each segment that it has buffered. It weighs a measurement by the time
 * that a transfer took, so that a start in which many share a line counts for as long as the minute after it.
 */
export class PlayersEstimate {
  #last: HlsLoaderStats | undefined;

  /** hls.js is given a segment with these stats. */
  given(stats: HlsLoaderStats): void {
    this.#last = stats;
  }

  /**
   * How long hls.js shall take a body for, ms. While its estimate is below what the line carries, that is what the fastest link takes: a short and fast
   * transfer takes away a part of the long and slow ones before.
   * @param length bytes
   */
  bodyMs({ firstByte, end, linkMs = Number.POSITIVE_INFINITY }: TransferTiming, length: number): number {
    const body = end - firstByte;
    const estimate = this.#last?.bwEstimate ?? 0;
    return estimate > 0 && estimate * body < 8_000 * length ? Math.min(body, linkMs) : body;
  }
}

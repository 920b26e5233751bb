import type { RequestedRange } from '@live-torrent/sw-proxy/protocol';
import type { SegmentBytes, SegmentRequestOptions, SegmentSource } from '../segment-source.js';

/** A segment that the loader answers for. */
export interface FoundSegment {
  readonly bytes: Promise<SegmentBytes>;
  /** Where the segment lies in its resource, bytes, when it is a part of it (EXT-X-BYTERANGE); else it is the whole. */
  readonly offset: number | undefined;
}

/**
 * Finds what a request of a player means: the segment that the playlist gave just this byte range, or else the whole resource,
 * of which a range may be cut. `undefined`: not one of ours.
 */
export function findSegment(
  source: SegmentSource,
  url: string,
  range: RequestedRange | undefined,
  options: SegmentRequestOptions,
): FoundSegment | undefined {
  if (range?.last !== undefined && range.first >= 0) {
    const byteRange = { offset: range.first, length: range.last + 1 - range.first };
    const part = source.request(url, byteRange, options);
    if (part) return { bytes: part, offset: range.first };
  }
  const whole = source.request(url, undefined, options);
  return whole && { bytes: whole, offset: undefined };
}

import type { RequestedRange } from '@live-torrent/sw-proxy/protocol';
import type { ByteRange } from '../segment-source.js';

/**
 * The part of a resource that a range asks for (RFC 9110 §14.1.2); `undefined` when there is none.
 * @param total the resource's length, bytes
 */
export function sliceOf(range: RequestedRange | undefined, total: number): ByteRange | undefined {
  if (!range) return { offset: 0, length: total };
  const offset = range.first < 0 ? Math.max(0, total + range.first) : range.first;
  const end = Math.min(range.last === undefined ? total : range.last + 1, total);
  return offset < end ? { offset, length: end - offset } : undefined;
}

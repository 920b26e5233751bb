import type { RequestedRange, SegmentHead } from './protocol.js';

const RANGE = /^bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))$/;

/**
 * Reads a `Range` field with a single byte range (RFC 9110 §14.1.2).
 * `undefined` for several ranges, other units and what is malformed: that is the server's to answer.
 * @example parseRange('bytes=0-99') // { first: 0, last: 99 }
 * @example parseRange('bytes=-500') // { first: -500 }
 */
export function parseRange(field: string): RequestedRange | undefined {
  const [, first, last, suffix] = RANGE.exec(field.trim()) ?? [];
  if (suffix !== undefined) return Number(suffix) > 0 ? { first: -Number(suffix) } : undefined;
  if (first === undefined) return undefined;
  if (last === undefined) return { first: Number(first) };
  return Number(last) >= Number(first) ? { first: Number(first), last: Number(last) } : undefined;
}

/** The `Content-Range` field of a 206 (RFC 9110 §14.4); `*` where the resource's length is not known. */
export const contentRange = ({ offset, length, total }: SegmentHead): string =>
  `bytes ${offset}-${offset + length - 1}/${total ?? '*'}`;

/** Whether a `Content-Range` field says that the 206 has the whole resource (RFC 9110 §14.4). */
export function isWhole(field: string | null): boolean {
  const [, last, total] = /^bytes 0-(\d{1,15})\/(\d{1,15})$/.exec(field ?? '') ?? [];
  return last !== undefined && Number(last) + 1 === Number(total);
}

/** Whether a `Content-Range` field names the same bytes; the resource's length, which may not be known, apart. */
export const isSamePart = (field: string, head: SegmentHead): boolean =>
  field.startsWith(contentRange({ ...head, total: 0 }).slice(0, -1));

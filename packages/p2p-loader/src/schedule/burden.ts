/** Segments that a viewer's burden is told from: at most, and at least. */
const BURDEN_SEGMENTS = 8;
const MIN_BURDEN_SEGMENTS = 4;

/** What tells whether a segment was fetched from the origin; bytes. */
interface Fetched {
  readonly length: number;
  readonly originBytes: number;
}

/**
 * Which part of the last segments this viewer fetched from the origin, beyond its share of them, 0 to 1.
 * @param complete its segments in the order of their arrival
 * @param viewers of the stream
 */
export function burdenOf(complete: readonly Fetched[], viewers: number): number {
  const recent = complete.slice(-BURDEN_SEGMENTS);
  if (recent.length < MIN_BURDEN_SEGMENTS) return 0;
  const fetched = recent.filter((segment) => segment.originBytes > segment.length / 2).length / recent.length;
  return Math.max(0, fetched - 1 / viewers);
}

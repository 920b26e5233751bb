/** Segments that a viewer's burden is told from: at most, and at least. */
const BURDEN_SEGMENTS = 8;
const MIN_BURDEN_SEGMENTS = 4;
/** So many times what is beyond the share counts: a viewer that fetched shall be the last to fetch again. */
const GAIN = 3;

/** What tells whether a segment was fetched from the origin; bytes. */
interface Fetched {
  readonly length: number;
  readonly originBytes: number;
  /** From who stood in for it. */
  readonly helperBytes: number;
}

/**
 * How much more of the last segments' bytes this viewer fetched from the origin than its share of them: 0 for the share and less,
 * 1 for a third of the way from there to all, and more.
 * @param complete its segments in the order of their arrival
 * @param viewers of the stream
 */
export function burdenOf(complete: readonly Fetched[], viewers: number): number {
  const recent = complete.slice(-BURDEN_SEGMENTS);
  if (recent.length < MIN_BURDEN_SEGMENTS) return 0;
  const bytes = recent.reduce((sum, { length }) => sum + length, 0);
  const fetched = recent.reduce(
    (sum, { length, originBytes, helperBytes }) => sum + (originBytes + helperBytes > length / 2 ? length : 0),
    0,
  );
  const share = 1 / Math.max(2, viewers);
  return Math.min(1, Math.max(0, (GAIN * (fetched / bytes - share)) / (1 - share)));
}

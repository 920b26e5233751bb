/** How long bytes that were asked for may stay away before their giver is given up, ms. */
export const MAX_SILENCE_MS = 2_000;

/** The same for those of one segment, ms: at most 40 % of its duration. */
export function stallBound(segmentDuration: number): number {
  return Math.min(MAX_SILENCE_MS, 0.4 * segmentDuration);
}

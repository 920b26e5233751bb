/**
 * Players estimate bandwidth from how a body arrives. A segment that lies ready in the page would arrive at memory speed and
 * send the player to a rung that the network cannot carry, so its body takes the time that the real transfer took.
 */

/** Longest time that a body is stretched over, ms. It is never longer than the real transfer was. */
export const PACE_LIMIT = 4_000;

/** Time between two chunks, ms: players look at progress some ten times a second, and each chunk wakes worker and page. */
const TICK = 100;

/** Smallest chunk, bytes. */
const SMALLEST_CHUNK = 4 * 1024;

/**
 * What players may take off of a wait for the first byte, as what they are used to: a part of the transfer's time, and ms. Of the long waits
 * that peers cause hls.js learns next to nothing.
 */
const DEDUCTED_SHARE = 0.35;
const MOST_DEDUCTED = 300;

/**
 * How long the body shall still take, ms.
 * @param transferMs the time that the viewer's link needs for it
 * @param elapsedMs since the player's request
 */
export function paceMs(transferMs: number, elapsedMs: number, limitMs = PACE_LIMIT): number {
  const ms = Math.min(transferMs, limitMs);
  const deducted = Math.min(elapsedMs, DEDUCTED_SHARE * ms, MOST_DEDUCTED);
  return Math.max(0, ms - (elapsedMs - deducted));
}

/** The size of the chunks that `length` bytes are cut into, to go out over `ms`. */
export const chunkLength = (length: number, ms: number): number =>
  Math.max(SMALLEST_CHUNK, Math.ceil(length / (Math.round(ms / TICK) + 1)));

/**
 * When the chunk that ends at byte `end` is due, ms after the first one, which goes out at once: like a transfer, whose time
 * runs from its first byte to its last.
 * @param first the first chunk's length
 */
export const dueMs = (end: number, first: number, length: number, ms: number): number =>
  end > first ? (ms * (end - first)) / (length - first) : 0;

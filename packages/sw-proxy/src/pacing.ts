/**
 * Players estimate bandwidth from how a body arrives. A segment that lies ready in the page would arrive at memory speed and
 * send the player to a rung that the network cannot carry, so its body takes the time that the real transfer took.
 */

/** Longest time that a body is stretched over, ms. It is never longer than the real transfer was. */
export const PACE_LIMIT = 4_000;

/** Time between two chunks, ms. Players look at progress some ten times a second. */
const TICK = 50;

/** Smallest chunk, bytes. */
const SMALLEST_CHUNK = 4 * 1024;

/** The part of the transfer's time that a body takes at least: players take off what they are used to wait for the first byte. */
const LEAST_SHARE = 0.35;

/**
 * How long the body shall still take, ms.
 * @param transferMs the time that the viewer's link needs for it
 * @param elapsedMs what the player has lived through of it: since its request, or since the first byte came
 */
export function paceMs(transferMs: number, elapsedMs: number, limitMs = PACE_LIMIT): number {
  const ms = Math.min(transferMs, limitMs);
  return Math.max(LEAST_SHARE * ms, ms - elapsedMs);
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

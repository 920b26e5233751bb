/** After this many failures in a row it is as seldom asked as it gets. */
const MOST_DOUBLINGS = 5;
/** Longest wait between two tries, ms. */
const MAX_RETRY_MS = 30_000;
/** Of a playlist that gives no target duration, ms. */
const DEFAULT_TARGET_MS = 4_000;

/**
 * How long a player waits before it loads a playlist again, ms (RFC 8216 §6.3.4): the target duration after one that has changed, half of it after
 * one that has not.
 * @param target EXT-X-TARGETDURATION, s
 */
export function reloadDelay(target: number | undefined, changed: boolean): number {
  const ms = target === undefined || !(target > 0) ? DEFAULT_TARGET_MS : target * 1_000;
  return changed ? ms : ms / 2;
}

/**
 * The same after an answer that is no playlist, or none at all: sooner at first, then later and later, for ever.
 * @param failures in a row, this one included
 * @param u in [0, 1): all helpers lost it at once
 */
export function retryDelay(failures: number, u: number): number {
  return Math.min(MAX_RETRY_MS, 500 * 2 ** Math.min(MOST_DOUBLINGS + 1, failures)) * (0.75 + 0.5 * u);
}

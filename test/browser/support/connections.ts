import type { PeerConnectionRecord } from './probes.js';

/** From when to when a connection was connected, ms; `end` is `now` for those that still are. */
export interface ConnectedInterval {
  readonly start: number;
  readonly end: number;
}

/** The times that each connection which ever connected was connected. */
export function connectedIntervals(records: readonly PeerConnectionRecord[], now: number): ConnectedInterval[] {
  return records.flatMap(({ states }) => {
    const start = states.find(({ state }) => state === 'connected')?.at;
    if (start === undefined) return [];
    const end = states.find(({ at, state }) => at >= start && (state === 'closed' || state === 'failed'))?.at;
    return [{ start, end: end ?? now }];
  });
}

/** The longest time, ms, for which more than `limit` connections were connected at once. */
export function longestExcess(intervals: readonly ConnectedInterval[], limit: number): number {
  const edges = intervals
    .flatMap(({ start, end }) => [
      { at: start, by: 1 },
      { at: end, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let open = 0;
  let since: number | undefined;
  let longest = 0;
  for (const { at, by } of edges) {
    open += by;
    if (open > limit) since ??= at;
    else if (since !== undefined) {
      longest = Math.max(longest, at - since);
      since = undefined;
    }
  }
  return longest;
}

import type { ListedSegment, PlaylistState } from '../playlist-catalog.js';

/** Segments after the last requested one that are loaded ahead of the player, when the playlist is live or is not. */
const LIVE_AHEAD = 5;
const VOD_AHEAD = 2;
/** Longest slack used on a live stream, ms: more would only drain buffers. */
export const MAX_LIVE_SLACK_MS = 4_000;
/** A live playlist that was not reloaded for this many target durations is not being played. */
const STALE_RELOADS = 2.5;
/** A player that asked for nothing for this long is not playing that playlist, ms. */
const IDLE_MS = 60_000;

/** Whether the player is playing this playlist now, as far as its requests tell. */
export function isPlaying(playlist: PlaylistState, now: number): boolean {
  if (playlist.requested === undefined) return false;
  return playlist.live
    ? now - playlist.reloadedAt < STALE_RELOADS * playlist.targetDuration
    : now - playlist.requestedAt < IDLE_MS;
}

/** The segments that the player will ask for next, in order. */
export function upcoming(playlist: PlaylistState, now: number): ListedSegment[] {
  const { requested } = playlist;
  if (requested === undefined || !isPlaying(playlist, now)) return [];
  return playlist.segments
    .filter((segment) => segment.mediaSequence > requested)
    .slice(0, playlist.live ? LIVE_AHEAD : VOD_AHEAD);
}

/**
 * When the player needs an upcoming segment, ms; undefined when it is none.
 * @param left how long the player can go on with what it has, ms
 * @param isAwaited whether the player waits for that segment
 */
export function neededAt(
  playlist: PlaylistState,
  infoHash: string,
  now: number,
  left: number,
  isAwaited: (infoHash: string) => boolean,
): number | undefined {
  const next = upcoming(playlist, now);
  const index = next.findIndex((listed) => listed.infoHash === infoHash);
  if (index < 0) return undefined;
  const last = playlist.segments.find((listed) => listed.mediaSequence === playlist.requested);
  let before = last && isAwaited(last.infoHash) ? last.duration : 0;
  for (const listed of next.slice(0, index)) before += listed.duration;
  return now + left + before;
}

import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { Playback } from './playback.js';

/** Segments after the last requested one that are loaded ahead of the player of a live playlist. */
export const LIVE_AHEAD = 5;
/** What follows the last requested segment of an ended playlist and is taken from viewers before the player asks: ms, bytes. */
const VOD_AHEAD_MS = 30_000;
const VOD_AHEAD_BYTES = 16 * 1024 * 1024;
/** Of that, segments that are on their way at a time: what the player asks for needs the links too. */
const VOD_AT_ONCE = 3;
/** Longest slack used, ms: more would only drain buffers, and players and workers wait 8 to 10 s for a first byte. */
export const MAX_SLACK_MS = 4_000;
/** On demand, the part of what is buffered that a segment may take of it: who plays ahead of all others still fills a buffer. */
const ON_DEMAND_SLACK = 0.2;
/** The same, of the target duration: a buffer grows only where segments come faster than they play. */
const ON_DEMAND_PACE = 0.5;
/** While the link needs longer than this for what the player needs before a segment, that comes first, ms. */
export const LINK_BUSY_MS = 500;
/** A live playlist that was not reloaded for this many target durations is not being played. */
const STALE_RELOADS = 2.5;
/** A player that asked for nothing for this long is not playing that playlist, ms. */
const IDLE_MS = 20_000;

/** The player asks for a segment: it plays this playlist, and has moved when that is not the one before, the same or the next. */
export function noteRequest(
  playlist: PlaylistState,
  { mediaSequence }: Pick<ListedSegment, 'mediaSequence'>,
  playback: Pick<Playback, 'moved'>,
  now: number,
): void {
  if (playlist.requested !== undefined && Math.abs(mediaSequence - playlist.requested) > 1) playback.moved();
  playlist.requested = mediaSequence;
  playlist.requestedAt = now;
}

/**
 * What the player has of the variant that it asked last, where it asks for that time again of another one: it will not play it. The first segment that
 * hls.js asks for, to measure the line, is such a one.
 * @param others playlists that are played in the place of `asked`, or that one itself
 */
export function replaced(
  asked: PlaylistState,
  { mediaSequence }: Pick<ListedSegment, 'mediaSequence'>,
  others: readonly PlaylistState[],
  { isHere }: Pick<SegmentStates, 'isHere'>,
): ListedSegment | undefined {
  const last = others.reduce((latest, other) => (other.requestedAt > latest.requestedAt ? other : latest), asked);
  const segment = last === asked ? undefined : lastAsked(last);
  return segment && mediaSequence <= segment.mediaSequence && isHere(segment.infoHash) ? segment : undefined;
}

/**
 * The playlists that a player has left by asking another one: all others where it plays one at a time. Else who asks for what would
 * have been the next of a playlist, or for what was given up there, has switched the rendition; who has the same of two, as of audio
 * and video, plays both.
 * @param before what was last requested of the playlist that is asked now
 * @param isMuxed whether one is played at a time
 */
export function leaves(
  asked: PlaylistState,
  before: number | undefined,
  playlists: Iterable<PlaylistState>,
  isMuxed: boolean,
  { isHere, isAwaited }: Pick<SegmentStates, 'isHere' | 'isAwaited'>,
): PlaylistState[] {
  const { requested = 0 } = asked;
  if (isMuxed) return [...playlists].filter((other) => other !== asked && other.requested !== undefined);
  if (before === requested || before === requested - 1) return [];
  return [...playlists].filter((other) => {
    const last = lastAsked(other);
    if (other === asked || !last || isAwaited(last.infoHash)) return false;
    const step = requested - last.mediaSequence;
    return step === 1 || (step === 0 && !isHere(last.infoHash));
  });
}

/** Whether the player is playing this playlist now, as far as its requests tell. */
export function isPlaying(playlist: PlaylistState, now: number): boolean {
  if (playlist.requested === undefined) return false;
  return playlist.live
    ? now - playlist.reloadedAt < STALE_RELOADS * playlist.targetDuration
    : now - playlist.requestedAt < IDLE_MS;
}

/**
 * The segments that the player will ask for next and that are to be loaded now, in order.
 * @param isHere whether all of a segment is here
 */
export function upcoming(
  playlist: PlaylistState,
  now: number,
  isHere: (infoHash: string) => boolean,
): readonly ListedSegment[] {
  const { requested } = playlist;
  if (requested === undefined || !isPlaying(playlist, now)) return [];
  const after = playlist.segments.slice(placeOf(playlist, requested + 1));
  const { partsFrom = Number.POSITIVE_INFINITY } = playlist;
  if (playlist.live) return after.slice(0, LIVE_AHEAD).filter(({ mediaSequence }) => mediaSequence < partsFrom);
  const missing: ListedSegment[] = [];
  let ms = 0;
  let bytes = 0;
  for (const segment of after) {
    ms += segment.duration;
    bytes += segment.length;
    if (ms > VOD_AHEAD_MS || bytes > VOD_AHEAD_BYTES || missing.length === VOD_AT_ONCE) break;
    if (!isHere(segment.infoHash)) missing.push(segment);
  }
  return missing;
}

/** Whether viewers play a segment at many different times: of an ended playlist, or far behind the live edge. */
export function isOnDemand(playlist: PlaylistState, infoHash: string): boolean {
  if (!playlist.live) return true;
  return playlist.segments.slice(0, -LIVE_AHEAD).some((listed) => listed.infoHash === infoHash);
}

/**
 * Longest slack to be used for a segment, ms.
 * @param left how long the player can go on with what it has, ms
 */
export function maxSlack(playlist: PlaylistState | undefined, infoHash: string, left: () => number): number {
  if (!playlist || !isOnDemand(playlist, infoHash)) return MAX_SLACK_MS;
  return Math.min(MAX_SLACK_MS, ON_DEMAND_SLACK * left(), ON_DEMAND_PACE * playlist.targetDuration);
}

/** Where the segment of that number, or the next that is listed, stands in a playlist: they are in the order of their numbers, and may be thousands. */
function placeOf({ segments }: PlaylistState, mediaSequence: number): number {
  let from = 0;
  let to = segments.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((segments[middle] as ListedSegment).mediaSequence < mediaSequence) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The segment that the player asked a playlist for last, where that is still listed. */
function lastAsked(playlist: PlaylistState): ListedSegment | undefined {
  if (playlist.requested === undefined) return undefined;
  const segment = playlist.segments[placeOf(playlist, playlist.requested)];
  return segment?.mediaSequence === playlist.requested ? segment : undefined;
}

/** What is known of the segments themselves. */
export interface SegmentStates {
  /** Whether all of a segment is here. */
  readonly isHere: (infoHash: string) => boolean;
  /** Whether the player waits for it. */
  readonly isAwaited: (infoHash: string) => boolean;
  /** How long the viewer's link would need for what is missing of it, ms. */
  readonly fetchMs: (listed: ListedSegment) => number;
}

/**
 * When the player needs an upcoming segment, ms; undefined when it is none, or has to wait until those before it are nearly
 * here: on a narrow link all that come together come late.
 * @param left how long the player can go on with what it has, ms
 */
export function neededAt(
  playlist: PlaylistState,
  infoHash: string,
  now: number,
  left: number,
  states: SegmentStates,
): number | undefined {
  const next = upcoming(playlist, now, states.isHere).find((listed) => listed.infoHash === infoHash);
  if (!next) return undefined;
  const before = between(playlist, next, states.isAwaited);
  const busy = before.reduce((sum, listed) => sum + states.fetchMs(listed), 0);
  return busy > LINK_BUSY_MS ? undefined : now + left + lengthOf(before);
}

/** When the player comes to a segment that it was not told of yet, ms. */
export const playedAt = (
  playlist: PlaylistState,
  next: ListedSegment,
  now: number,
  left: number,
  { isAwaited }: Pick<SegmentStates, 'isAwaited'>,
): number => now + left + lengthOf(between(playlist, next, isAwaited));

/** What the player has not got yet of what comes before a segment. */
function between(
  playlist: PlaylistState,
  next: ListedSegment,
  isAwaited: SegmentStates['isAwaited'],
): readonly ListedSegment[] {
  const { segments, requested = 0 } = playlist;
  const from = placeOf(playlist, requested);
  const first = segments[from];
  const isGiven = first?.mediaSequence === requested && !isAwaited(first.infoHash);
  return segments.slice(isGiven ? from + 1 : from, placeOf(playlist, next.mediaSequence));
}

/** ms. */
const lengthOf = (segments: readonly ListedSegment[]): number =>
  segments.reduce((sum, { duration }) => sum + duration, 0);

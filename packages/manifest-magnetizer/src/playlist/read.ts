import { type KnownMagnets, type Magnet, parseMagnet } from '../magnet.js';
import { MAGNET_PREFIX, STREAM_PREFIX } from './comment-lines.js';
import { type ParsedPlaylist, parsePlaylist } from './parse.js';
import type { MediaSegment } from './segment.js';
import { parseStream, type Stream } from './stream.js';
import { type Playlist, toWorkingText } from './text.js';
import type { VariableContext, Variables } from './variables.js';

/** A segment with its magnet link. */
export interface MagnetizedSegment extends MediaSegment, Magnet {
  /** The magnet link as it stands in the playlist. */
  readonly magnet: string;
}

/** What a reader needs to know of a Media Playlist. */
export interface SegmentList {
  /** What the stream line says, as `readStream` reads it. */
  readonly stream: Stream | undefined;
  /** EXT-X-TARGETDURATION, s; undefined where there is none. */
  readonly targetDuration: number | undefined;
  /** EXT-X-MEDIA-SEQUENCE: the Media Sequence Number of the first segment; 0 where there is none, modulo 2^52. */
  readonly mediaSequence: number;
  /** EXT-X-ENDLIST stands in it: it will not change. */
  readonly endList: boolean;
  /** All segments in their order, with a magnet or without. */
  readonly segments: readonly (MediaSegment | MagnetizedSegment)[];
}

/** The stream line of a Media or Multivariant Playlist, read from directly after #EXTM3U. */
export function readStream(playlist: Playlist): Stream | undefined {
  const text = toWorkingText(playlist);
  const parsed = parsePlaylist(text, playlist);
  return parsed.kind === 'media' || parsed.kind === 'multivariant' ? streamOf(text, parsed) : undefined;
}

/**
 * All segments of a Media Playlist; none of any other playlist, or of what is none. Never throws.
 * @param baseUrl the playlist's URL after redirects, for `url`
 * @param imported the variables of the Multivariant Playlist, for EXT-X-DEFINE IMPORT
 * @param known what was read of an infohash before: a reload then costs what is new in it
 */
export function readSegments(
  playlist: Playlist,
  baseUrl?: string,
  imported?: Variables,
  known?: KnownMagnets,
): SegmentList {
  const text = toWorkingText(playlist);
  const parsed = parsePlaylist(text, playlist, { url: baseUrl, imported });
  const { kind, targetDuration, mediaSequence, endList } = parsed;
  const segments = kind === 'media' ? magnetized(text, parsed, known) : [];
  const stream = kind === 'unknown' ? undefined : streamOf(text, parsed);
  return { stream, targetDuration, mediaSequence, endList, segments };
}

/** The segments that have a magnet link; for the parameters see `readSegments`. */
export function readMagnets(playlist: Playlist, baseUrl?: string, imported?: Variables): MagnetizedSegment[] {
  return readSegments(playlist, baseUrl, imported).segments.filter(isMagnetized);
}

/** The variables that EXT-X-DEFINE gives in a playlist; of a Multivariant Playlist, what its renditions IMPORT. Never throws. */
export function readVariables(playlist: Playlist, context: VariableContext = {}): Variables {
  return parsePlaylist(toWorkingText(playlist), playlist, context).variables;
}

/** Whether the segment has a magnet link. */
export function isMagnetized(segment: MediaSegment | MagnetizedSegment): segment is MagnetizedSegment {
  return 'magnet' in segment;
}

function streamOf(text: string, { lines, header }: ParsedPlaylist): Stream | undefined {
  const line = lines[header + 1];
  const content = text.slice(line?.start, line?.end);
  return content.startsWith(STREAM_PREFIX) ? parseStream(content.slice(STREAM_PREFIX.length)) : undefined;
}

function magnetized(
  text: string,
  { lines, segments }: ParsedPlaylist,
  known: KnownMagnets | undefined,
): (MediaSegment | MagnetizedSegment)[] {
  return segments.map(({ segment, line, eligible }) => {
    const before = lines[line - 1];
    if (!eligible || !before || !text.startsWith(MAGNET_PREFIX, before.start)) return segment;
    const magnet = text.slice(before.start + '###'.length, before.end);
    const read = parseMagnet(magnet, known);
    return read === undefined ? segment : { ...segment, ...read, magnet };
  });
}

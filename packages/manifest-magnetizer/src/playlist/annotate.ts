import { MAGNET_PREFIX, STREAM_PREFIX, stripLines } from './comment-lines.js';
import { type Line, scanLines } from './lines.js';
import { type ParsedPlaylist, parsePlaylist } from './parse.js';
import type { MediaSegment } from './segment.js';
import { formatStream, parseStream } from './stream.js';
import { fromWorkingText, type Playlist, type Same, toWorkingText } from './text.js';
import type { VariableContext } from './variables.js';

/** The magnet link of a segment, or undefined for none. */
export type MagnetOf = (segment: MediaSegment) => string | undefined;

export interface AnnotateOptions extends VariableContext {
  /** Names the mesh: 40 hex digits. Without it no stream line is written. */
  readonly stream?: string | undefined;
  /** Announce URLs of trackers, for the stream line. */
  readonly announce?: readonly string[] | undefined;
}

/**
 * Writes a magnet link before each Media Segment of a Media Playlist for which `magnetOf` has one, and the stream line
 * after #EXTM3U. A Multivariant Playlist gets the stream line alone. Lines of that kind that stand in the input are removed
 * first; every other byte goes out as it came in. Other playlists, and what is none, come back without such lines and otherwise unchanged.
 *
 * `magnetOf` is not asked about EXT-X-GAP segments, URIs that are not http(s), undefined variables, and byte ranges
 * without an offset that can be told.
 * @throws {TypeError} when `stream` is not 40 hex digits or `magnetOf` returns something that is no magnet link
 */
export function annotatePlaylist<T extends Playlist>(
  playlist: T,
  magnetOf: MagnetOf,
  options: AnnotateOptions = {},
): Same<T> {
  const text = stripLines(toWorkingText(playlist));
  const annotated = annotateParsed(text, parsePlaylist(text, playlist, options), magnetOf, options);
  return fromWorkingText(annotated, playlist);
}

/** The playlist without the magnetizer's lines: byte for byte what it was before `annotatePlaylist`. */
export function stripPlaylist<T extends Playlist>(playlist: T): Same<T> {
  return fromWorkingText(stripLines(toWorkingText(playlist)), playlist);
}

/** An annotated playlist with other trackers in its stream line; what has none comes back unchanged. */
export function withAnnounce<T extends Playlist>(playlist: T, announce: readonly string[]): Same<T> {
  // It is the line after the header: no more of the playlist need be looked at.
  for (let length = HEAD; ; length *= 16) {
    const head = toWorkingText(playlist.slice(0, length));
    const line = scanLines(head).find(({ start, end, next }) => end < next && head.startsWith(STREAM_PREFIX, start));
    if (line === undefined && length < playlist.length) continue;
    const stream = line && parseStream(head.slice(line.start + STREAM_PREFIX.length, line.end));
    if (line === undefined || stream === undefined) return playlist as unknown as Same<T>;
    const written = STREAM_PREFIX + formatStream({ ...stream, announce });
    if (typeof playlist === 'string') {
      return (playlist.slice(0, line.start) + written + playlist.slice(line.end)) as Same<T>;
    }
    const parts = [playlist.subarray(0, line.start), new TextEncoder().encode(written), playlist.subarray(line.end)];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes as Uint8Array as Same<T>;
  }
}

/** Characters or bytes that are looked through first for the stream line. */
const HEAD = 4096;

/** `annotatePlaylist` for a text that is stripped and parsed already. */
export function annotateParsed(
  text: string,
  { kind, lines, header, segments }: ParsedPlaylist,
  magnetOf: MagnetOf,
  { stream, announce = [] }: AnnotateOptions,
  /** Lines before Partial Segments, by where their tags begin. */
  partLines: ReadonlyMap<number, string> = new Map(),
): string {
  if (stream !== undefined && !/^[0-9a-f]{40}$/i.test(stream)) {
    throw new TypeError(`stream is not 40 hex digits: ${JSON.stringify(stream)}`);
  }
  if (kind !== 'media' && kind !== 'multivariant') return text;
  const terminatorFor = terminators(text, lines);
  let result = '';
  let written = 0;
  const insertBefore = (index: number, content: string): void => {
    const at = (lines[index - 1] as Line).next;
    result += text.slice(written, at) + content + terminatorFor(index);
    written = at;
  };
  if (stream !== undefined && terminatorFor(header + 1) !== undefined) {
    insertBefore(header + 1, STREAM_PREFIX + formatStream({ stream: stream.toLowerCase(), announce }));
  }
  const parts = partLines.size === 0 ? [] : lines.flatMap(({ start }, index) => (partLines.has(start) ? [index] : []));
  const insertParts = (before: number): void => {
    for (let index = parts[0]; index !== undefined && index < before; index = parts[0]) {
      parts.shift();
      const line = partLines.get((lines[index] as Line).start);
      if (line !== undefined && terminatorFor(index) !== undefined) insertBefore(index, line);
    }
  };
  for (const { segment, line, eligible } of kind === 'media' ? segments : []) {
    if (!eligible || terminatorFor(line) === undefined) continue;
    const magnet = magnetOf(segment);
    if (magnet === undefined) continue;
    insertParts(line);
    insertBefore(line, MAGNET_PREFIX + oneLine(magnet).slice('magnet:'.length));
  }
  insertParts(Number.POSITIVE_INFINITY);
  return written === 0 ? text : result + text.slice(written);
}

/**
 * The terminator of a line that is written before line `index`: that line's own, or the one before it where that has none.
 * Undefined: nothing can be written there. Where a playlist with LF has a bare CR too, players disagree whether the CR
 * ends a line: there nothing is written after a bare CR, nor ended with one, so that all of them see a comment.
 */
function terminators(text: string, lines: readonly Line[]): (index: number) => string | undefined {
  const hasLf = text.includes('\n');
  const safe = (line: Line | undefined): string | undefined => {
    const terminator = line && text.slice(line.end, line.next);
    return terminator && (!hasLf || terminator.endsWith('\n')) ? terminator : undefined;
  };
  return (index) => safe(lines[index - 1]) && (safe(lines[index]) ?? safe(lines[index - 1]));
}

function oneLine(magnet: string): string {
  if (!magnet.startsWith('magnet:')) throw new TypeError(`not a magnet link: ${JSON.stringify(magnet)}`);
  if (/^[\x21-\x7e]*$/.test(magnet)) return magnet;
  return magnet.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')));
}

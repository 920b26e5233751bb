import { PlaylistSyntaxError } from './error.js';
import { MAX_LINE_LENGTH, MAX_PLAYLIST_LENGTH, MAX_SEGMENTS } from './limits.js';
import { type Line, scanLines } from './lines.js';
import type { MediaSegment } from './segment.js';
import { SegmentState } from './segment-state.js';
import { meaningOf, type Playlist } from './text.js';
import { define, substitute, type VariableContext } from './variables.js';

/** What a playlist turned out to be. `unknown`: none, or one that is too broken or too large to touch. */
export type PlaylistKind = 'media' | 'iframes' | 'multivariant' | 'unknown';

/** A segment, and where it stands. */
export interface ParsedSegment {
  readonly segment: MediaSegment;
  /** Index of the URI's line in `lines`. */
  readonly line: number;
  /** A magnet may stand before it. */
  readonly eligible: boolean;
}

export interface ParsedPlaylist {
  readonly kind: PlaylistKind;
  readonly lines: readonly Line[];
  readonly segments: readonly ParsedSegment[];
  /** EXT-X-TARGETDURATION, s. */
  readonly targetDuration: number | undefined;
  /** EXT-X-MEDIA-SEQUENCE, 0 where there is none. */
  readonly mediaSequence: number;
  readonly endList: boolean;
  /** Variables that EXT-X-DEFINE gave. */
  readonly variables: ReadonlyMap<string, string>;
  /** The first thing that is wrong with it. */
  readonly error: PlaylistSyntaxError | undefined;
}

const MULTIVARIANT = /^#EXT-X-(?:STREAM-INF|I-FRAME-STREAM-INF|MEDIA|SESSION-DATA|SESSION-KEY|CONTENT-STEERING):/;

/** Reads a playlist line by line (RFC 8216 §4). Never throws: `error` tells what is wrong with it. */
export function parsePlaylist(text: string, playlist: Playlist, context: VariableContext = {}): ParsedPlaylist {
  const lines = text.length > MAX_PLAYLIST_LENGTH ? [] : scanLines(text);
  const variables = new Map<string, string>();
  const segments: ParsedSegment[] = [];
  const state = new SegmentState(context.url);
  const separated = SEPARATOR.test(text);
  let error: PlaylistSyntaxError | undefined;
  let targetDuration: number | undefined;
  let mediaSequence = 0;
  let endList = false;
  let iframes = false;
  let media = false;
  let multivariant = false;
  const result = (kind: PlaylistKind): ParsedPlaylist => ({
    kind,
    lines,
    segments: kind === 'unknown' ? [] : segments,
    targetDuration,
    mediaSequence,
    endList,
    variables,
    error,
  });
  const fail = (reason: string, line: number, content: string): void => {
    error ??= new PlaylistSyntaxError(reason, line + 1, meaningOf(content, playlist));
  };
  const firstLine = text.slice(lines[0]?.start, lines[0]?.end);
  if (!/^#EXTM3U[ \t]*$/.test(firstLine)) {
    fail(text.length > MAX_PLAYLIST_LENGTH ? 'a playlist of more than 16 MiB' : 'expected #EXTM3U', 0, firstLine);
    return result('unknown');
  }

  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as Line;
    if (line.end - line.start > MAX_LINE_LENGTH) {
      fail('a line of more than 64 KiB', i, text.slice(line.start, line.start + 200));
      return result('unknown');
    }
    const content = text.slice(line.start, line.end);
    if (!content.startsWith('#')) {
      const written = trimBlanks(content);
      if (written === '' || written.startsWith('#')) continue;
      const uri = substitute(meaningOf(written, playlist), variables);
      const taken = state.takeUri(uri, written);
      if (taken === undefined) continue;
      if (uri === undefined) fail('a variable is not defined', i, content);
      if (segments.length === MAX_SEGMENTS) {
        fail(`more than ${MAX_SEGMENTS} segments`, i, content);
        return result('unknown');
      }
      segments.push({ ...taken, line: i });
      continue;
    }
    if (separated && endsInOpenExtinf(meaningOf(content, playlist))) state.refuseMagnet();
    if (!content.startsWith('#EXT')) continue;
    const colon = content.indexOf(':');
    const tag = colon < 0 ? content.trimEnd() : content.slice(0, colon);
    const value = colon < 0 ? '' : content.slice(colon + 1);
    if (tag === '#EXTINF' || tag === '#EXT-X-TARGETDURATION') media = true;
    else if (MULTIVARIANT.test(content)) multivariant = true;
    switch (tag) {
      case '#EXT-X-TARGETDURATION':
        targetDuration = decimal(value) ?? targetDuration;
        break;
      case '#EXT-X-MEDIA-SEQUENCE':
        mediaSequence = decimal(value) ?? mediaSequence;
        if (segments.length === 0) state.startAt(mediaSequence);
        break;
      case '#EXT-X-ENDLIST':
        endList = true;
        break;
      case '#EXT-X-I-FRAMES-ONLY':
        iframes = true;
        break;
      case '#EXT-X-DEFINE': {
        const reason = define(variables, meaningOf(value, playlist), context);
        if (reason !== undefined) fail(reason, i, content);
        break;
      }
      default: {
        const reason = state.tag(tag, meaningOf(value, playlist));
        if (reason !== undefined) fail(reason, i, content);
      }
    }
  }
  if (media && multivariant) {
    fail('tags of Media and Multivariant Playlists in one', 0, firstLine);
    return result('unknown');
  }
  if (multivariant) return result('multivariant');
  return result(iframes ? 'iframes' : 'media');
}

/** U+2028 and U+2029, and their UTF-8 in working text. */
const SEPARATOR = /[\u2028\u2029]|\u00e2\u0080[\u00a8\u00a9]/;

/**
 * hls.js ends a comment or tag at U+2028 and U+2029 too, reads on in the rest of the line, and looks for an EXTINF's duration in
 * the next line: that must stay the next line.
 */
function endsInOpenExtinf(line: string): boolean {
  return SEPARATOR.test(line) && line.trimEnd().endsWith('#EXTINF:');
}

/** Trims blanks of ASCII only: others may be halves of UTF-8 sequences in working text. Linear, unlike a pattern. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** A decimal-integer (§4.2), or undefined. */
function decimal(value: string): number | undefined {
  const digits = /^\s*(\d{1,15})\s*$/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

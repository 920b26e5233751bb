import { PlaylistLimitError, PlaylistSyntaxError } from './error.js';
import { MAX_LINE_LENGTH, MAX_PLAYLIST_LENGTH, MAX_SEGMENTS } from './limits.js';
import { type Line, scanLines } from './lines.js';
import type { MediaSegment } from './segment.js';
import { SegmentState } from './segment-state.js';
import { meaningOf, type Playlist } from './text.js';
import { define, substitute, type VariableContext } from './variables.js';
import { readLine } from './written-line.js';

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
  /** Index of the line of #EXTM3U, -1 where there is none. */
  readonly header: number;
  readonly segments: readonly ParsedSegment[];
  /** EXT-X-TARGETDURATION, s. */
  readonly targetDuration: number | undefined;
  /** EXT-X-MEDIA-SEQUENCE, 0 where there is none; from about 2^53 on modulo 2^52. */
  readonly mediaSequence: number;
  readonly endList: boolean;
  /** Variables that EXT-X-DEFINE gave. */
  readonly variables: ReadonlyMap<string, string>;
  /** The first thing that is wrong with it. */
  readonly error: PlaylistSyntaxError | undefined;
}

/** Tags that only a Multivariant Playlist should have (RFC 8216 §4.3.4); players find them in Media Playlists, too. */
const MULTIVARIANT = new Set(
  ['I-FRAME-STREAM-INF', 'MEDIA', 'SESSION-DATA', 'SESSION-KEY', 'CONTENT-STEERING'].map((name) => `#EXT-X-${name}`),
);

/** Reads a playlist line by line (RFC 8216 §4), as leniently as players do. Never throws: `error` tells what is wrong with it. */
export function parsePlaylist(text: string, playlist: Playlist, context: VariableContext = {}): ParsedPlaylist {
  const lines = text.length > MAX_PLAYLIST_LENGTH ? [] : scanLines(text);
  const variables = new Map<string, string>();
  const segments: ParsedSegment[] = [];
  const state = new SegmentState(context.url);
  const separated = SEPARATOR.test(text);
  const header = lines.findIndex((line) => !isSkipped(text, line, playlist));
  const seen = { extinf: false, targetDuration: false, variant: false, multivariant: false, iframes: false };
  let error: PlaylistSyntaxError | undefined;
  let targetDuration: number | undefined;
  let mediaSequence = 0;
  let endList = false;
  const result = (kind: PlaylistKind): ParsedPlaylist => {
    const isMedia = (kind === 'media' || kind === 'iframes') && (seen.extinf || seen.targetDuration);
    return {
      kind,
      lines,
      header,
      segments: isMedia ? segments : [],
      targetDuration,
      mediaSequence,
      endList,
      variables,
      error,
    };
  };
  const fail = (reason: string, line: number, content: string): void => {
    error ??= new PlaylistSyntaxError(reason, line + 1, meaningOf(content, playlist));
  };
  const beyondLimit = (reason: string, line: number): ParsedPlaylist => {
    const { start, end } = lines[line] ?? { start: 0, end: 200 };
    const content = meaningOf(text.slice(start, Math.min(end, start + 200)), playlist);
    error = new PlaylistLimitError(reason, line + 1, content);
    return result('unknown');
  };
  if (text.length > MAX_PLAYLIST_LENGTH) return beyondLimit('a playlist of more than 16 MiB', 0);
  const first = Math.max(header, 0);
  if (header < 0 || !text.startsWith('#EXTM3U', readLine(text, lines[header] as Line, playlist).start)) {
    fail('expected #EXTM3U', first, text.slice(lines[first]?.start, lines[first]?.end));
    return result('unknown');
  }

  for (let i = header + 1; i < lines.length; i++) {
    const line = lines[i] as Line;
    if (line.end - line.start > MAX_LINE_LENGTH) return beyondLimit('a line of more than 64 KiB', i);
    const content = text.slice(line.start, line.end);
    const { start, end, tag, value: valueStart } = readLine(text, line, playlist);
    if (start === end) continue;
    if (text[start] !== '#') {
      const written = text.slice(start, end);
      const uri = substitute(meaningOf(written, playlist), variables);
      if (uri === undefined) fail('a variable is not defined', i, content);
      if (segments.length === MAX_SEGMENTS && !seen.variant)
        return beyondLimit(`more than ${MAX_SEGMENTS} segments`, i);
      if (!seen.variant) segments.push({ ...state.takeUri(uri, written, targetDuration), line: i });
      continue;
    }
    if (separated && endsInOpenExtinf(meaningOf(content, playlist))) state.refuseMagnet();
    const value = text.slice(valueStart, end);
    switch (tag) {
      case '':
        break;
      case '#EXT-X-TARGETDURATION':
        seen.targetDuration = true;
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
        seen.iframes = true;
        break;
      case '#EXT-X-STREAM-INF':
        seen.variant = true;
        break;
      case '#EXT-X-DEFINE': {
        const reason = define(variables, meaningOf(value, playlist), context);
        if (reason !== undefined) fail(reason, i, content);
        break;
      }
      default: {
        if (tag === '#EXTINF') seen.extinf = true;
        if (MULTIVARIANT.has(tag)) seen.multivariant = true;
        const reason = state.tag(tag, meaningOf(value, playlist));
        if (reason !== undefined) fail(reason, i, content);
      }
    }
  }
  if (seen.extinf && (seen.variant || seen.multivariant)) {
    fail(
      'tags of Media and Multivariant Playlists in one',
      header,
      text.slice(lines[header]?.start, lines[header]?.end),
    );
  }
  return result(kindOf(seen));
}

/** As players tell it: by EXT-X-STREAM-INF and EXTINF; by others only where there is neither. */
function kindOf(
  seen: Readonly<Record<'extinf' | 'targetDuration' | 'variant' | 'multivariant' | 'iframes', boolean>>,
): PlaylistKind {
  if (seen.variant) return seen.extinf ? 'unknown' : 'multivariant';
  if (seen.multivariant && !seen.extinf && !seen.targetDuration) return 'multivariant';
  return seen.iframes ? 'iframes' : 'media';
}

/** Whether a line may stand before #EXTM3U: a blank one or a comment. */
function isSkipped(text: string, line: Line, playlist: Playlist): boolean {
  const { start, end, tag } = readLine(text, line, playlist);
  return start === end || (text[start] === '#' && tag === '');
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

/** Larger Media Sequence Numbers count modulo 2^52: beyond 2^53 a number could not be told from the next. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER - 2 ** 32;

/** The decimal-integer (§4.2) that a value begins with, as players read it; undefined where there is none. */
function decimal(value: string): number | undefined {
  const digits = /^\s*(\d{1,20})(?!\d)/.exec(value)?.[1];
  if (digits === undefined) return undefined;
  return Number(digits) < MAX_EXACT ? Number(digits) : Number(BigInt.asUintN(52, BigInt(digits)));
}

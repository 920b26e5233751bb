import { decimal } from './decimal.js';
import { MAX_LINE_LENGTH, MAX_PLAYLIST_LENGTH, MAX_SEGMENTS } from './limits.js';
import { type Line, scanLines } from './lines.js';
import type { Problem, Reason } from './problem.js';
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
  /** EXT-X-MEDIA-SEQUENCE, 0 where there is none; modulo 2^52. */
  readonly mediaSequence: number;
  readonly endList: boolean;
  /** Variables that EXT-X-DEFINE gave. */
  readonly variables: ReadonlyMap<string, string>;
  /** The first thing that is wrong with it; `errorOf` has the words for it. */
  readonly problem: Problem | undefined;
}

/** Tags that only a Multivariant Playlist should have (RFC 8216 §4.3.4) and that players pass over in Media Playlists. */
const MULTIVARIANT = /^#EXT-X-(?:I-FRAME-STREAM-INF|MEDIA|SESSION-\w+|CONTENT-STEERING)$/;

/** Reads a playlist line by line (RFC 8216 §4), as leniently as players do. Never throws: `problem` tells what is wrong with it. */
export function parsePlaylist(text: string, playlist: Playlist, context: VariableContext = {}): ParsedPlaylist {
  const lines = text.length > MAX_PLAYLIST_LENGTH ? [] : scanLines(text);
  const variables = new Map<string, string>();
  const segments: ParsedSegment[] = [];
  const state = new SegmentState(context.url);
  const separated = SEPARATOR.test(text);
  let header = 0;
  let problem: Problem | undefined;
  let targetDuration: number | undefined;
  let mediaSequence = 0;
  let endList = false;
  let iframes = false;
  let extinf = false;
  let variant = false;
  let multivariant = false;
  const result = (kind: PlaylistKind): ParsedPlaylist => {
    if (kind === 'unknown' || variant || !(extinf || targetDuration !== undefined)) segments.length = 0;
    return { kind, lines, header, segments, targetDuration, mediaSequence, endList, variables, problem };
  };
  const fail = (reason: Reason | undefined, line: number): void => {
    if (reason) problem ??= { reason, line };
  };
  const refuse = (reason: Reason, line: number): ParsedPlaylist => {
    problem = { reason, line };
    return result('unknown');
  };
  if (text.length > MAX_PLAYLIST_LENGTH) return refuse('length', 0);
  const meaning = ({ start, end }: Line): string => meaningOf(text.slice(start, end), playlist);
  let first = '';
  for (; header < lines.length; header++) {
    first = meaning(lines[header] as Line).trim();
    // Players pass over blank lines and comments before it.
    if (!/^$|^#(?!EXT)/.test(first)) break;
  }
  if (!first.startsWith('#EXTM3U')) return refuse('header', header);

  for (let i = header + 1; i < lines.length; i++) {
    const line = lines[i] as Line;
    if (line.end - line.start > MAX_LINE_LENGTH) return refuse('line', i);
    const { content, tag, value: valueAt } = readLine(meaning(line));
    if (content === '') continue;
    if (!content.startsWith('#')) {
      const uri = substitute(content, variables);
      if (uri === undefined) fail('variable', i);
      if (segments.length === MAX_SEGMENTS) return refuse('segments', i);
      segments.push({ ...state.takeUri(uri, content, targetDuration), line: i });
      continue;
    }
    if (separated && endsInOpenExtinf(content)) state.refuseMagnet();
    const value = content.slice(valueAt);
    switch (tag) {
      case '#EXT-X-TARGETDURATION':
        targetDuration = decimal(value) ?? targetDuration ?? 0;
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
      case '#EXT-X-STREAM-INF':
        variant = true;
        break;
      case '#EXT-X-DEFINE':
        fail(define(variables, value, context), i);
        break;
      default:
        extinf ||= tag === '#EXTINF';
        multivariant ||= MULTIVARIANT.test(tag);
        fail(state.tag(tag, value), i);
    }
  }
  if (extinf && (variant || multivariant)) fail('both', header);
  // As players tell it: by EXT-X-STREAM-INF and EXTINF, and by others only where there is neither.
  if (variant) return result(extinf ? 'unknown' : 'multivariant');
  if (multivariant && !extinf && targetDuration === undefined) return result('multivariant');
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

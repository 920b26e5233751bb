import { MAX_SEGMENTS } from './limits.js';
import type { ParsedPlaylist } from './parse.js';
import type { Reason } from './problem.js';
import { meaningOf, type Playlist } from './text.js';

/** A playlist does not follow RFC 8216. The magnetizer passes such a playlist, or that part of it, through unchanged. */
export class PlaylistSyntaxError extends Error {
  override readonly name: string = 'PlaylistSyntaxError';
  /** What is wrong, in words. */
  readonly reason: string;
  /** Number of the offending line, from 1. */
  readonly line: number;
  /** The offending line, at most 200 characters of it. */
  readonly text: string;

  constructor(reason: string, line: number, text: string) {
    const shown = text.slice(0, 200);
    super(`line ${line}: ${reason}: ${JSON.stringify(shown)}`);
    this.reason = reason;
    this.line = line;
    this.text = shown;
  }
}

/** A playlist is longer than the magnetizer takes: it passes through without magnets. It plays; its viewers do not carry it for each other. */
export class PlaylistLimitError extends PlaylistSyntaxError {
  override readonly name = 'PlaylistLimitError';
}

const REASONS: Readonly<Record<Reason, string>> = {
  header: 'expected #EXTM3U',
  duration: 'EXTINF without a duration',
  range: 'EXT-X-BYTERANGE is not <n>[@<o>]',
  skip: 'EXT-X-SKIP without SKIPPED-SEGMENTS',
  define: 'EXT-X-DEFINE has none of NAME, IMPORT and QUERYPARAM',
  value: 'the variable has no value',
  twice: 'the variable is defined twice',
  variable: 'a variable is not defined',
  both: 'tags of Media and Multivariant Playlists in one',
  length: 'a playlist of more than 16 MiB',
  line: 'a line of more than 64 KiB',
  segments: `more than ${MAX_SEGMENTS} segments`,
};
const LIMITS: ReadonlySet<Reason> = new Set(['length', 'line', 'segments']);

/** The limit that a parsed playlist is beyond. */
export function limitOf(text: string, parsed: ParsedPlaylist, playlist: Playlist): PlaylistLimitError | undefined {
  const error = errorOf(text, parsed, playlist);
  return error instanceof PlaylistLimitError ? error : undefined;
}

/** The problem of a parsed playlist in words. */
export function errorOf(
  text: string,
  { problem, lines }: ParsedPlaylist,
  playlist: Playlist,
): PlaylistSyntaxError | undefined {
  if (problem === undefined) return undefined;
  const { start, end } = lines[problem.line] ?? { start: 0, end: 200 };
  const content = meaningOf(text.slice(start, Math.min(end, start + 800)), playlist);
  const Kind = LIMITS.has(problem.reason) ? PlaylistLimitError : PlaylistSyntaxError;
  return new Kind(REASONS[problem.reason], problem.line + 1, content);
}

import { posix } from 'node:path';

/** What a packager's Media Playlist says of a segment, RFC 8216 §4.3.2. */
export interface ListedSegment {
  /** The file, as a path below the folder. */
  readonly name: string;
  /** EXTINF, s. */
  readonly duration: number;
  /** EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity: boolean;
  /** EXT-X-PROGRAM-DATE-TIME, its own or counted on from an earlier one, ms since the epoch. */
  readonly date: number | undefined;
  /** The file of EXT-X-MAP. */
  readonly map: string | undefined;
  /** EXT-X-KEY of METHOD other than NONE applies to it. */
  readonly encrypted: boolean;
  /** EXT-X-BYTERANGE: it is a part of its file only. */
  readonly ranged: boolean;
}

const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * The segments of a Media Playlist that are files below the folder. What a writer has not finished yet does not count.
 * @param folder Path of the playlist's folder below the folder that is played, with its slash; empty for that itself.
 */
export function readListedSegments(text: string, folder: string): ListedSegment[] {
  const segments: ListedSegment[] = [];
  let date: number | undefined;
  let map: string | undefined;
  let encrypted = false;
  let next: { duration?: number; discontinuity?: boolean; ranged?: boolean } = {};
  // The last line is whole only with its end.
  for (const line of text
    .split('\n')
    .slice(0, -1)
    .map((each) => each.trim())) {
    const [, tag, value = ''] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? [];
    if (tag === 'EXTINF') next.duration = numberOf(value);
    else if (tag === 'EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (tag === 'EXT-X-BYTERANGE') next.ranged = true;
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') date = dateOf(value);
    else if (tag === 'EXT-X-MAP') map = nameOf(/URI="([^"]*)"/.exec(value)?.[1] ?? '', folder);
    else if (tag === 'EXT-X-KEY') encrypted = !/METHOD=NONE\b/.test(value);
    if (line === '' || line.startsWith('#')) continue;
    const { duration = 0, discontinuity = false, ranged = false } = next;
    // Without EXTINF it is no segment: a Multivariant Playlist names others.
    const name = next.duration === undefined ? undefined : nameOf(line, folder);
    if (name !== undefined) segments.push({ name, duration, discontinuity, ranged, date, map, encrypted });
    if (date !== undefined) date += duration * 1000;
    next = {};
  }
  return segments;
}

/** The file that a URI stands for, as a path below the folder. Where it is an absolute one, its file is thought beside the playlist. */
function nameOf(uri: string, folder: string): string | undefined {
  const given = uri.replace(/[?#].*$/s, '');
  const path = given.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(given) ? given.replace(/^.*\//s, '') : given;
  if (path === '') return undefined;
  try {
    const name = posix.normalize(folder + decodeURIComponent(path));
    return name.startsWith('../') ? undefined : name;
  } catch {
    return undefined;
  }
}

function numberOf(value: string): number {
  const number = Number.parseFloat(value);
  return number >= 0 && number <= MAX_NUMBER ? number : 0;
}

/** Packagers write offsets with and without a colon. */
function dateOf(value: string): number | undefined {
  const date = Date.parse(value.trim().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(date) ? undefined : date;
}

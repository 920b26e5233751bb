import type { Container } from './container.js';
import { compareNames } from './file-state.js';
import type { Media } from './media.js';
import type { Listing } from './packager-playlists.js';

/** A complete segment of the folder. */
export interface FolderSegment extends Media {
  /** File name in the folder. */
  readonly name: string;
  readonly container: Exclude<Container, 'init'>;
  /** Relative URI; another one each time that a name is written anew. */
  readonly uri: string;
  /** EXTINF, s; never 0. */
  readonly duration: number;
  /** Last modification, ms since the epoch. */
  readonly mtimeMs: number;
  /** Bytes. */
  readonly size: number;
  /** URI of the Media Initialization Section; undefined for all but fMP4. */
  readonly map: string | undefined;
  /** What the packager's playlist says of it, if there is one. */
  readonly listing?: Listing | undefined;
  /** Place in a playlist that has all segments of the folder: it comes before the order of names. */
  readonly position?: number | undefined;
}

/** In the order in which they play. */
export function compareSegments(a: FolderSegment, b: FolderSegment): number {
  const [x, y] = [a.position ?? Number.MAX_VALUE, b.position ?? Number.MAX_VALUE];
  return x - y || compareNames(a, b);
}

/** What a playlist is made of: its segments are all of the same. */
export type Medium = 'picture and sound' | 'packed audio' | 'subtitles';

export function mediumOf({ container }: FolderSegment): Medium {
  return container === 'vtt' ? 'subtitles' : container === 'aac' ? 'packed audio' : 'picture and sound';
}

/** Timestamps of successive segments of one encoding differ by rounding and dropped frames only, s. */
const CONTINUITY = 0.5;
/** PES timestamps have 33 bits at 90 kHz (ISO/IEC 13818-1 §2.4.3.7) and start anew after 26.5 h. */
const TS_WRAP = 2 ** 33 / 90_000;

/** Whether `next` continues the timeline of `previous`, that is, needs no EXT-X-DISCONTINUITY (RFC 8216 §4.3.2.3). */
export function isContinuous(previous: FolderSegment, next: FolderSegment): boolean {
  if (previous.container !== next.container || previous.map !== next.map) return false;
  const { listing } = next;
  if (listing !== undefined && listing.playlist === previous.listing?.playlist && listing.previous === previous.name) {
    // The packager knows, but for a clock that goes back.
    const goesOn = !next.timestamps || next.start > previous.start || isWrap(previous, next);
    return goesOn && !listing.discontinuity;
  }
  // Nothing but the order of the names tells that a loop or an encoder has begun again.
  if (!previous.timestamps || !next.timestamps) return compareNames(previous, next) < 0;
  // Between cues may be as much time as it likes.
  if (next.container === 'vtt') return next.start > previous.start - CONTINUITY;
  return Math.abs(next.start - previous.end) < CONTINUITY || isWrap(previous, next);
}

function isWrap(previous: FolderSegment, next: FolderSegment): boolean {
  return next.container !== 'fmp4' && Math.abs(previous.end - next.start - TS_WRAP) < CONTINUITY;
}

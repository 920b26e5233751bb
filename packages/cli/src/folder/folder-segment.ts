import type { Container } from './container.js';
import type { MediaTime } from './media-time.js';

/** A complete segment of the folder. */
export interface FolderSegment extends MediaTime {
  /** File name in the folder. */
  readonly name: string;
  readonly container: Exclude<Container, 'init'>;
  /** Relative URI; another one each time that a name is written anew. */
  readonly uri: string;
  /** EXTINF, s; never 0. */
  readonly duration: number;
  /** Last modification, ms since the epoch. */
  readonly mtimeMs: number;
  /** URI of the Media Initialization Section; undefined for TS. */
  readonly map: string | undefined;
}

/** Timestamps of successive segments of one encoding differ by rounding and dropped frames only, s. */
const CONTINUITY = 0.5;
/** PES timestamps have 33 bits at 90 kHz (ISO/IEC 13818-1 §2.4.3.7) and start anew after 26.5 h. */
const TS_WRAP = 2 ** 33 / 90_000;

/** Whether `next` continues the timeline of `previous`, that is, needs no EXT-X-DISCONTINUITY (RFC 8216 §4.3.2.3). */
export function isContinuous(previous: FolderSegment, next: FolderSegment): boolean {
  if (previous.container !== next.container || previous.map !== next.map) return false;
  const gap = Math.abs(next.start - previous.end);
  return gap < CONTINUITY || (next.container === 'ts' && Math.abs(gap - TS_WRAP) < CONTINUITY);
}

import { type Line, scanLines } from './lines.js';

/** Begins the line after #EXTM3U. Three number signs: no tag, and no comment that people write. */
export const STREAM_PREFIX = '###live-torrent:';
/** Begins the line before a segment's URI; the magnet link's own scheme is part of it. */
export const MAGNET_PREFIX = '###magnet:';
/** Begins the line before EXT-X-PART: the part's length in bytes, and after a full stop its SHA-1 as base64url, of which either may be left out. */
export const PART_PREFIX = '###part:';

/** Whether the line is one of those that the magnetizer writes. */
export function isOurs(text: string, line: Line): boolean {
  return [MAGNET_PREFIX, STREAM_PREFIX, PART_PREFIX].some((prefix) => text.startsWith(prefix, line.start));
}

/** The text without the magnetizer's lines; the very same string where there are none. */
export function stripLines(text: string): string {
  if (!text.includes('###')) return text;
  let result = '';
  let kept = 0;
  for (const line of scanLines(text)) {
    if (!isOurs(text, line)) continue;
    result += text.slice(kept, line.start);
    kept = line.next;
  }
  return kept === 0 ? text : result + text.slice(kept);
}

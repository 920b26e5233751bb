import { type Line, scanLines } from './lines.js';

/** Begins the line after #EXTM3U. Three number signs: no tag, and no comment that people write. */
export const STREAM_PREFIX = '###live-torrent:';
/** Begins the line before a segment's URI; the magnet link's own scheme is part of it. */
export const MAGNET_PREFIX = '###magnet:';

/** Whether the line is one of those that the magnetizer writes. */
export function isOurs(text: string, line: Line): boolean {
  return text.startsWith(MAGNET_PREFIX, line.start) || text.startsWith(STREAM_PREFIX, line.start);
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

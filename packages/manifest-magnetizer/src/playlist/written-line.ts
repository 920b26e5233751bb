import type { Line } from './lines.js';
import { meaningOf, type Playlist } from './text.js';

/** A line as players read it: without the blanks around it. */
export interface WrittenLine {
  /** Offset of the first character that is no blank. */
  readonly start: number;
  /** Offset after the last character that is no blank; equal to `start` in a blank line. */
  readonly end: number;
  /** With `#`; empty where the line is none. */
  readonly tag: string;
  /** Offset of the tag's value; `end` where it has none. */
  readonly value: number;
}

/** Reads one line of a working text. Players cut off what JavaScript's `trim` does; here no UTF-8 sequence is cut apart. */
export function readLine(text: string, line: Pick<Line, 'start' | 'end'>, playlist: Playlist): WrittenLine {
  let { start, end } = line;
  for (let width = 1; width > 0; start += width) width = start < end ? blankAfter(text, start, end, playlist) : 0;
  for (let width = 1; width > 0; end -= width) width = start < end ? blankBefore(text, start, end, playlist) : 0;
  if (!text.startsWith('#EXT', start) || start + 4 > end) return { start, end, tag: '', value: end };
  let after = start;
  while (after < end && !isTagEnd(text.charCodeAt(after))) after++;
  const tag = text.slice(start, after);
  while (after < end && isAsciiBlank(text.charCodeAt(after))) after++;
  return { start, end, tag, value: text[after] === ':' && after < end ? after + 1 : after };
}

/** Length of the blank that begins at `at`; 0 where there is none. */
function blankAfter(text: string, at: number, end: number, playlist: Playlist): number {
  if (text.charCodeAt(at) < 0x80) return isAsciiBlank(text.charCodeAt(at)) ? 1 : 0;
  const widths = typeof playlist === 'string' ? [1] : [2, 3];
  return widths.find((width) => at + width <= end && isWideBlank(text.slice(at, at + width), playlist)) ?? 0;
}

/** Length of the blank that ends before `at`; 0 where there is none. */
function blankBefore(text: string, start: number, at: number, playlist: Playlist): number {
  if (text.charCodeAt(at - 1) < 0x80) return isAsciiBlank(text.charCodeAt(at - 1)) ? 1 : 0;
  const widths = typeof playlist === 'string' ? [1] : [2, 3];
  return widths.find((width) => at - width >= start && isWideBlank(text.slice(at - width, at), playlist)) ?? 0;
}

function isWideBlank(part: string, playlist: Playlist): boolean {
  return meaningOf(part, playlist).trim() === '';
}

function isAsciiBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isTagEnd(code: number): boolean {
  return code === 0x3a || isAsciiBlank(code);
}

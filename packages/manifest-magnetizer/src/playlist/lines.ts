/** One line of a playlist, as offsets into its text. Nothing is copied, so every byte can go out as it came in. */
export interface Line {
  /** Offset of the first character (after a byte order mark). */
  readonly start: number;
  /** Offset after the last character of the content. */
  readonly end: number;
  /** Offset after the terminator; equal to `end` where the last line has none. */
  readonly next: number;
}

const LF = 10;
const CR = 13;

/**
 * Splits a playlist into lines: LF and CRLF (RFC 8216 §4.1), bare CR as players take it, and CR CR LF, which
 * a twice-converted file has. The terminators partition the text: concatenating all lines gives it back.
 * @param from where the first line begins: after a byte order mark
 */
export function scanLines(text: string, from = bomLength(text)): Line[] {
  const lines: Line[] = [];
  let start = from;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code !== LF && code !== CR) continue;
    let next = i + 1;
    if (code === CR) {
      while (text.charCodeAt(next) === CR) next++;
      if (text.charCodeAt(next) === LF) next++;
      else {
        for (let cr = i; cr < next - 1; cr++, start = cr) lines.push({ start, end: cr, next: cr + 1 });
        lines.push({ start, end: next - 1, next });
        start = next;
        i = next - 1;
        continue;
      }
    }
    lines.push({ start, end: i, next });
    start = next;
    i = next - 1;
  }
  if (start < text.length) lines.push({ start, end: text.length, next: text.length });
  return lines;
}

/** U+FEFF of a string, or its three UTF-8 bytes in working text. */
function bomLength(text: string): number {
  if (text.charCodeAt(0) === 0xfeff) return 1;
  return text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
}

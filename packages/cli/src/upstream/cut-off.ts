const END = '#EXT-X-ENDLIST';

/**
 * Whether a playlist that is being written was read before its end: its last line has no end where that of the earlier one had, or it has no
 * segments and no renditions where the earlier one had some. One that says it has ended is whole in either case, and so are those of who
 * writes no last line end any more: the line that was doubted at the load before stands in this one, with others after it.
 * @param doubted the line in which a load in between ended that seemed to be cut off
 */
export function isCutOff(playlist: Uint8Array, earlier: Uint8Array, doubted: string | undefined): boolean {
  const lines = linesOf(playlist);
  if (lines.some((line) => line.trim() === END)) return false;
  if (namesMedia(linesOf(earlier)) && !namesMedia(lines)) return true;
  const partial = lines.at(-1) !== '' && linesOf(earlier).at(-1) === '';
  return partial && (doubted === undefined || !lines.slice(0, -1).includes(doubted));
}

/** The last line where it has no end. */
export function partialLine(playlist: Uint8Array): string | undefined {
  return linesOf(playlist).at(-1) || undefined;
}

/** Whether the playlist says that nothing will be added to it, RFC 8216 §4.3.3.4. */
export function hasEnded(playlist: Uint8Array): boolean {
  return Buffer.from(playlist).includes(END) && linesOf(playlist).some((line) => line.trim() === END);
}

/** The last one is what stands after the last line end. */
function linesOf(playlist: Uint8Array): string[] {
  return Buffer.from(playlist)
    .toString('latin1')
    .split(/\r\n|\n|\r/);
}

function namesMedia(lines: readonly string[]): boolean {
  return lines.some((line) => /^\s*[^#\s]/.test(line));
}

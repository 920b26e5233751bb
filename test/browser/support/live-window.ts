/** Tags that belong to the segment that follows, or to all that follow (RFC 8216 §4.3.2). */
const SEGMENT_TAG = /^#(?:EXTINF|EXT-X-(?:BYTERANGE|DISCONTINUITY|KEY|MAP|PROGRAM-DATE-TIME|GAP))\b(?!-)/;

/** What does not stand in a live playlist, or is written anew. */
const DROPPED = /^#EXT-X-(?:PLAYLIST-TYPE|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|ENDLIST)/;

interface Entry {
  readonly lines: readonly string[];
  /** s */
  readonly duration: number;
  /** The EXT-X-KEY and EXT-X-MAP that hold from before it, if any. */
  readonly held: readonly string[];
}

/**
 * The live Media Playlist that an origin would serve at a moment, out of the complete one of a feed: the newest
 * `window` segments whose media was over by then. The first `window` segments are there from the start.
 * @param vod a complete Media Playlist
 * @param elapsed time since the broadcast began, s
 * @param window segments in a playlist
 * @throws RangeError once the feed is used up: a test must not run into a feed's end
 */
export function liveWindow(vod: string, elapsed: number, window: number): string {
  const { head, entries } = parse(vod);
  const newest = newestOf(entries, elapsed, window);
  const first = newest - window;
  const dropped = entries.slice(0, first).flatMap(({ lines }) => lines);
  const discontinuities = dropped.filter((line) => line === '#EXT-X-DISCONTINUITY').length;
  return [
    ...head,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ...(discontinuities > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`] : []),
    ...(entries[first]?.held ?? []),
    ...entries.slice(first, newest).flatMap(({ lines }) => lines),
    '',
  ].join('\n');
}

/**
 * The EVENT playlist (RFC 8216 §4.3.3.5) that an origin would serve at a moment, out of the complete one of a feed: all
 * segments whose media was over by then. The first `begun` segments are there from the start.
 * @param vod a complete Media Playlist
 * @param elapsed time since then, s
 * @throws RangeError once the feed is used up
 */
export function growingEvent(vod: string, elapsed: number, begun: number): string {
  const { head, entries } = parse(vod);
  const lines = entries.slice(0, newestOf(entries, elapsed, begun)).flatMap((entry) => entry.lines);
  return [...head, '#EXT-X-PLAYLIST-TYPE:EVENT', ...lines, ''].join('\n');
}

/** How many segments there are so long after the first `begun` ones, s. */
function newestOf(entries: readonly Entry[], elapsed: number, begun: number): number {
  let newest = begun;
  for (let left = elapsed; newest < entries.length; newest++) {
    left -= entries[newest]?.duration ?? 0;
    if (left < 0) break;
  }
  if (newest >= entries.length) throw new RangeError(`the feed has only ${entries.length} segments`);
  return newest;
}

function parse(vod: string): { head: string[]; entries: Entry[] } {
  const head: string[] = [];
  const entries: Entry[] = [];
  let lines: string[] = [];
  let key: string | undefined;
  let map: string | undefined;
  let held: string[] = [];
  for (const line of vod.split('\n')) {
    if (line === '' || DROPPED.test(line)) continue;
    if (line.startsWith('#') && !SEGMENT_TAG.test(line)) {
      if (entries.length === 0) head.push(line);
      continue;
    }
    lines.push(line);
    if (line.startsWith('#EXT-X-KEY:')) key = line;
    if (line.startsWith('#EXT-X-MAP:')) map = line;
    if (line.startsWith('#')) continue;
    const extinf = lines.find((tag) => tag.startsWith('#EXTINF:')) ?? '';
    entries.push({ lines, duration: Number.parseFloat(extinf.slice('#EXTINF:'.length)), held });
    lines = [];
    held = [key, map].filter((tag) => tag !== undefined);
  }
  return { head, entries };
}

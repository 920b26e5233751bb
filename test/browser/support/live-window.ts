/**
 * The live Media Playlist that an origin would serve at a moment, out of the complete one of a feed: the newest
 * `window` segments whose media was over by then. The first `window` segments are there from the start.
 * @param vod a complete Media Playlist
 * @param elapsed time since the broadcast began, s
 * @param window segments in a playlist
 * @throws RangeError once the feed is used up: a test must not run into a feed's end
 */
export function liveWindow(vod: string, elapsed: number, window: number): string {
  const [head = '', ...entries] = vod.split(/^(?=#EXTINF:)/m);
  const segments = entries.map((entry) => entry.split('\n').slice(0, 2).join('\n'));
  const durations = segments.map((segment) => Number.parseFloat(segment.slice('#EXTINF:'.length)));
  let newest = window;
  for (let left = elapsed; newest < segments.length; newest++) {
    left -= durations[newest] ?? 0;
    if (left < 0) break;
  }
  if (newest === segments.length) throw new RangeError(`the feed has only ${segments.length} segments`);
  const first = newest - window;
  const tags = head
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#EXT-X-PLAYLIST-TYPE') && !line.startsWith('#EXT-X-MEDIA-SEQ'));
  return `${[...tags, `#EXT-X-MEDIA-SEQUENCE:${first}`, ...segments.slice(first, newest)].join('\n')}\n`;
}

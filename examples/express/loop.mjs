// @ts-check

/** Segments of the live playlist. */
const WINDOW = 6;

/**
 * A live Media Playlist that plays `names` again and again: the first `WINDOW` are there at once, each further one when its time has come.
 * @param {readonly string[]} names of the segments
 * @param {number} duration of each segment, s
 * @param {number} elapsed time since the broadcast began, s
 */
export function loopPlaylist(names, duration, elapsed) {
  const first = Math.floor(elapsed / duration);
  const segments = Array.from({ length: WINDOW }, (_, i) => {
    const index = (first + i) % names.length;
    // The timestamps begin anew with the loop.
    const discontinuity = index === 0 && first + i > 0 ? '#EXT-X-DISCONTINUITY\n' : '';
    return `${discontinuity}#EXTINF:${duration},\n${names[index]}\n`;
  });
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${duration}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    // Those that have left the playlist.
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, Math.ceil(first / names.length) - 1)}`,
    segments.join(''),
  ].join('\n');
}

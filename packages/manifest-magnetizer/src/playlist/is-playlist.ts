import { type Playlist, toWorkingText } from './text.js';

/**
 * Whether a text, or the beginning of one, is an HLS playlist to any player: one of its lines begins with an HLS tag. RFC 8216 §4.3.1.1 wants
 * #EXTM3U in the first line; players also take an empty line before it, blanks, attributes after it, or none. A web page is no playlist,
 * whatever stands in it.
 */
export function isPlaylist(playlist: Playlist): boolean {
  return isPlaylistText(toWorkingText(playlist));
}

/** `isPlaylist` of a working text. */
export function isPlaylistText(text: string): boolean {
  const first = /[^\s\u00ef\u00bb\u00bf\ufeff]/.exec(text)?.[0];
  return (
    first !== '<' && /(?:^|[\r\n])[^\S\r\n\u2028\u2029]*(?:\u00ef\u00bb\u00bf|\ufeff)?#EXT(?:M3U|INF:|-X-)/.test(text)
  );
}

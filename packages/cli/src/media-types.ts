/** RFC 8216 §4. */
export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** Live playlists are asked for again and again. */
export const PLAYLIST_CACHE_CONTROL = 'no-cache';
/** URIs of segments name the same bytes for longer than they are in a playlist, s. */
export const SEGMENT_CACHE_CONTROL = 'public, max-age=3600';

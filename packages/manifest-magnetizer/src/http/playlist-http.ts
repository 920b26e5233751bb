const PLAYLIST_TYPE = /^(?:application\/(?:vnd\.apple\.mpegurl|x-mpegurl|mpegurl)|audio\/(?:x-)?mpegurl)\b/i;
const PLAYLIST_PATH = /\.m3u8?$/i;

/** Request headers about a representation that the handler behind does not know: the annotated playlist. */
export const CONDITIONAL_HEADERS = ['if-none-match', 'if-modified-since', 'if-range', 'range'] as const;

/** Whether a URL's path is that of a playlist (RFC 8216 §4). */
export function isPlaylistPath(pathname: string): boolean {
  return PLAYLIST_PATH.test(pathname);
}

/** Whether a Content-Type is that of a playlist (RFC 8216 §4, §10), or one that servers send instead. */
export function isPlaylistType(contentType: string): boolean {
  return PLAYLIST_TYPE.test(contentType);
}

/** Whether an If-None-Match names the ETag, compared weakly (RFC 9110 §13.1.2). */
export function matchesETag(ifNoneMatch: string | null | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

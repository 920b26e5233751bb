import { rewriteUris, type Variables } from '@live-torrent/manifest-magnetizer';

/** What a URI of a playlist leads to. */
export type UriKind =
  /** A Media Playlist. */
  | 'playlist'
  /** A Media Segment or part of one. */
  | 'segment'
  /** A Media Initialization Section. */
  | 'resource'
  /** A key: it is given to those who may have it. */
  | 'key'
  /** Anything else; only made absolute. */
  | 'other';

/** By tag, RFC 8216 §4.3 and draft-pantos-hls-rfc8216bis §4.4. */
const KINDS: Readonly<Record<string, UriKind>> = {
  EXTINF: 'segment',
  'EXT-X-PART': 'segment',
  'EXT-X-PRELOAD-HINT': 'segment',
  'EXT-X-STREAM-INF': 'playlist',
  'EXT-X-MEDIA': 'playlist',
  'EXT-X-I-FRAME-STREAM-INF': 'playlist',
  'EXT-X-RENDITION-REPORT': 'playlist',
  'EXT-X-MAP': 'resource',
  'EXT-X-KEY': 'key',
  'EXT-X-SESSION-KEY': 'key',
};

/**
 * The playlist with each http(s) URI replaced by what `replace` returns for its absolute form; all other bytes stay.
 * @param base The playlist's URL after redirects.
 * @param imported Variables of the Multivariant Playlist that named it, for EXT-X-DEFINE IMPORT.
 */
export function replaceUrls(
  playlist: Uint8Array,
  base: string,
  imported: Variables | undefined,
  replace: (url: string, kind: UriKind) => string | undefined,
): Uint8Array {
  const rewrite = ({ uri, tag }: { uri: string; tag: string }): string | undefined => {
    const url = URL.canParse(uri, base) ? new URL(uri, base) : undefined;
    const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
    return isHttp ? replace(url.href, KINDS[tag] ?? 'other') : undefined;
  };
  return rewriteUris(playlist, rewrite, { url: base, imported });
}

/** The absolute http(s) URLs that a playlist names, in their order; for the parameters see `replaceUrls`. */
export function urlsOf(
  playlist: Uint8Array,
  base: string,
  imported: Variables | undefined,
): { readonly url: string; readonly kind: UriKind }[] {
  const urls: { url: string; kind: UriKind }[] = [];
  replaceUrls(playlist, base, imported, (url, kind) => {
    urls.push({ url, kind });
    return undefined;
  });
  return urls;
}

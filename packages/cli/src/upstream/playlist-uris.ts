import { rewriteUris, type UriReference, type Variables } from '@live-torrent/manifest-magnetizer';

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
  /** A steering manifest, a list of interstitials, and whatever else the upstream itself has: it may be another one for each viewer. */
  | 'document';

/** By tag, RFC 8216 §4.3 and draft-pantos-hls-rfc8216bis §4.4. */
const KINDS: Readonly<Record<string, UriKind>> = {
  EXTINF: 'segment',
  'EXT-X-PART': 'segment',
  'EXT-X-PRELOAD-HINT': 'segment',
  'EXT-X-PREFETCH': 'segment',
  'EXT-X-MEDIA': 'playlist',
  'EXT-X-RENDITION-REPORT': 'playlist',
  'EXT-X-MAP': 'resource',
  'EXT-X-KEY': 'key',
  'EXT-X-SESSION-KEY': 'key',
  // On whatever host it is: what it says of URLs is about the upstream's, and viewers have ours.
  'EXT-X-CONTENT-STEERING': 'document',
};

/** Undefined: nobody knows what it is. */
function kindOf({ tag, attribute }: UriReference, { pathname }: URL): UriKind | undefined {
  if (tag.endsWith('STREAM-INF') || attribute === 'X-ASSET-URI') return 'playlist';
  // Lists of channels have playlists where Media Playlists have segments.
  const bySuffix = /\.m3u8?$/i.test(pathname) ? 'playlist' : undefined;
  const byTag = KINDS[tag] ?? (attribute === undefined ? 'segment' : undefined);
  return byTag === 'segment' || byTag === undefined ? (bySuffix ?? byTag) : byTag;
}

/**
 * The playlist with each http(s) URI replaced by what `replace` returns for its absolute form; all other bytes stay. What nobody knows
 * (lists of interstitials, session data, vendors' attributes) is a document where it is on the playlist's own host, as what is relative
 * must be; on other hosts it stays as it is.
 * @param base The playlist's URL after redirects.
 * @param imported Variables of the Multivariant Playlist that named it, for EXT-X-DEFINE IMPORT.
 */
export function replaceUrls(
  playlist: Uint8Array,
  base: string,
  imported: Variables | undefined,
  replace: (url: string, kind: UriKind) => string | undefined,
): Uint8Array {
  const { origin } = new URL(base);
  const rewrite = (reference: UriReference): string | undefined => {
    const url = urlOf(reference.uri, base);
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
    const kind = kindOf(reference, url) ?? (url.origin === origin ? 'document' : undefined);
    return kind && replace(url.href, kind);
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

/** Parsed once: there may be a hundred thousand in a playlist. */
function urlOf(uri: string, base: string): URL | undefined {
  try {
    return new URL(uri, base);
  } catch {
    return undefined;
  }
}

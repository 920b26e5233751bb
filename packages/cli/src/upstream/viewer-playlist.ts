import { streamName, type Variables } from '@live-torrent/manifest-magnetizer';
import { directUrl, type ListedSegments } from './listed-segments.js';
import { replaceUrls, type UriKind } from './playlist-uris.js';
import type { RouteTable } from './route-table.js';
import { originOf } from './segment-origins.js';

export interface ViewerPlaylistOptions {
  /** The URL by which its segments are followed. */
  readonly playlist: string;
  /** The playlist's URL after redirects. */
  readonly base: string;
  /** For EXT-X-DEFINE IMPORT. */
  readonly imported: Variables | undefined;
  /** A URL without user and password. */
  readonly address: (url: string) => string;
  /** The URLs in the playlist, as `address` has them. */
  readonly urls: readonly { readonly url: string; readonly kind: UriKind }[];
  /** Origins that this viewer fetches from by itself. */
  readonly direct: ReadonlySet<string>;
  readonly segments: ListedSegments;
  readonly routes: RouteTable;
}

/** A playlist of the upstream with the URLs that a viewer asks for. */
export function viewerPlaylist(playlist: Uint8Array, options: ViewerPlaylistOptions): Uint8Array {
  const { playlist: followed, base, imported, address, urls, direct, segments, routes } = options;
  const names = stableNames(urls);
  return replaceUrls(playlist, base, imported, (named, kind) => {
    const url = address(named);
    if (kind === 'playlist') return routes.pathFor({ url, kind });
    const listed = kind === 'segment' ? segments.of(followed, url) : undefined;
    const given = listed === undefined ? url : directUrl(listed);
    // What needs a user and a password is asked for here, with these.
    if (url === named && direct.has(originOf(given))) return given;
    return routes.pathFor(listed ?? { url, name: names.get(url) ?? url, kind });
  });
}

/** Names without tokens for what is no segment of the list, where they tell the URLs of a playlist apart. */
function stableNames(urls: readonly { readonly url: string }[]): Map<string, string> {
  const byName = new Map<string, Set<string>>();
  for (const { url } of urls) {
    if (!url.includes('?')) continue;
    const name = streamName(url);
    byName.set(name, (byName.get(name) ?? new Set()).add(url));
  }
  return new Map([...byName].flatMap(([name, [url = '', ...others]]) => (others.length === 0 ? [[url, name]] : [])));
}

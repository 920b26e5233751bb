import type { Variables } from '@live-torrent/manifest-magnetizer';
import { directUrl, type ListedSegments } from './listed-segments.js';
import { replaceUrls } from './playlist-uris.js';
import type { RouteTable } from './route-table.js';

export interface ViewerPlaylistOptions {
  /** The URL by which its segments are followed. */
  readonly playlist: string;
  /** The playlist's URL after redirects. */
  readonly base: string;
  /** For EXT-X-DEFINE IMPORT. */
  readonly imported: Variables | undefined;
  /** A URL without user and password. */
  readonly address: (url: string) => string;
  /** Origins that this viewer fetches from by itself. */
  readonly direct: ReadonlySet<string>;
  readonly segments: ListedSegments;
  readonly routes: RouteTable;
}

/** A playlist of the upstream with the URLs that a viewer asks for. */
export function viewerPlaylist(playlist: Uint8Array, options: ViewerPlaylistOptions): Uint8Array {
  const { playlist: followed, base, imported, address, direct, segments, routes } = options;
  return replaceUrls(playlist, base, imported, (named, kind) => {
    const url = address(named);
    if (kind === 'other') return url;
    if (kind === 'playlist') return routes.pathFor({ url, kind });
    const listed = kind === 'segment' ? segments.of(followed, url) : undefined;
    const given = listed === undefined ? url : directUrl(listed);
    // What needs a user and a password is asked for here, with these.
    if (url === named && direct.has(new URL(given).origin)) return given;
    return routes.pathFor(listed ? { ...listed, kind } : { url, kind });
  });
}

import type { ListedSegments } from './listed-segments.js';
import { withoutDirectives } from './named-playlist.js';
import type { RouteTable } from './route-table.js';
import type { SegmentPlace } from './segment-fetcher.js';

/** Where the segments are that the magnetizer reads of in playlists whose URLs were written anew for viewers. */
export class SegmentPlaces {
  constructor(
    private readonly listed: ListedSegments,
    private readonly routes: RouteTable,
  ) {}

  of(url: string, playlistUrl: string): SegmentPlace & { readonly issue?: number } {
    const playlist = withoutDirectives(playlistUrl);
    const route = this.routes.find(pathOf(url));
    const listed = route ? this.listed.named(playlist, route.name ?? route.url) : this.listed.of(playlist, url);
    return listed ?? route ?? { url };
  }

  /** Names a resource: the magnetizer finds out by itself what can be told from the playlist's text. */
  idOf(url: string, playlistUrl: string): string {
    const { url: present, name = present, issue } = this.of(url, playlistUrl);
    if (issue === undefined) return present;
    return issue === 0 ? name : `${name} ${issue}`;
  }
}

/** Of an absolute URL as `URL` writes it. */
function pathOf(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('//') + 2)).replace(/[?#].*/s, '');
}

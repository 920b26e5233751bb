import { PlaylistHistory, type SegmentList } from '@live-torrent/manifest-magnetizer';
import { LRUCache } from '../vendor/lru-cache.js';
import { rangeKey } from './range-reads.js';

/** Media Playlists whose versions are followed. */
const MAX_PLAYLISTS = 1000;
/** URLs of one Media Playlist that are known besides those that it lists: tokens change while players still ask by the old ones. */
const MAX_UNLISTED = 200;

/** A segment that a playlist lists, under whatever URL it has at the moment. */
export interface ListedSegment {
  readonly kind: 'segment';
  /** The URL that it was listed with first: it is known by that while it is listed. */
  readonly name: string;
  /** The URL that it has now. */
  url: string;
  /** Is another number when the URL may have other bytes than before. */
  generation: number;
  /** Is another number when that cannot be told from the playlist's text. */
  issue: number;
}

interface Followed {
  readonly history: PlaylistHistory;
  readonly byName: Map<string, ListedSegment>;
  readonly byUrl: Map<string, ListedSegment>;
  /** How often all of its segments were found to be others, though its text was the same. */
  replaced: number;
  issue: number;
}

/** Which segment a URL of a playlist stands for, however its tokens and hosts change from version to version. */
export class ListedSegments {
  readonly #playlists = new LRUCache<string, Followed>({ max: MAX_PLAYLISTS });

  /**
   * Takes in a version of a Media Playlist.
   * @param playlist its URL
   * @param rewritten whether the upstream says that it is another one than before, though the text may be the same
   * @param now ms
   * @returns segments as they were known before, which have other bytes now
   */
  update(playlist: string, list: SegmentList, rewritten: boolean, now: number): ListedSegment[] {
    const followed = this.#playlists.get(playlist) ?? newFollowed();
    this.#playlists.set(playlist, followed);
    const { history, byName, byUrl } = followed;
    const listed = history.update(list, { now, rewritten });
    const renewed = new Set<ListedSegment>();
    const current = new Set<ListedSegment>();
    for (const [i, { url, byteRange }] of list.segments.entries()) {
      if (url === undefined) continue;
      const { firstName, generation: number } = listed?.[i] ?? { firstName: url, generation: 0 };
      const generation = number + followed.replaced;
      // A single file holds all of them: byte ranges tell its segments apart, by the URL that it has now.
      const name = byteRange === undefined ? firstName : rangeKey(url, byteRange.offset, byteRange.length);
      const known = byName.get(name) ?? { kind: 'segment', name, url, generation, issue: followed.issue };
      // Where nobody can tell, it may be another one each time.
      if (known.generation !== generation || listed === undefined) renewed.add({ ...known });
      known.url = url;
      known.generation = generation;
      current.add(known);
      byName.set(name, known);
      if (byteRange === undefined) byUrl.set(url, known);
    }
    if (rewritten && renewed.size > 0) followed.issue++;
    for (const segment of current) segment.issue = followed.issue;
    const most = 2 * list.segments.length + MAX_UNLISTED;
    trim(byName, most, (_, segment) => current.has(segment));
    trim(byUrl, most, (key, segment) => current.has(segment) && segment.url === key);
    return [...renewed];
  }

  /** The playlist lists other segments than before, by the same names: the next version says which. */
  replace(playlist: string): void {
    const followed = this.#playlists.get(playlist);
    if (followed !== undefined) followed.replaced++;
  }

  /** The segment that has, or had, this URL in a playlist. */
  of(playlist: string, url: string): ListedSegment | undefined {
    return this.#playlists.get(playlist)?.byUrl.get(url);
  }

  /** The segment that is known by this name in a playlist. */
  named(playlist: string, name: string): ListedSegment | undefined {
    return this.#playlists.get(playlist)?.byName.get(name);
  }
}

function newFollowed(): Followed {
  return { history: new PlaylistHistory(), byName: new Map(), byUrl: new Map(), replaced: 0, issue: 0 };
}

/** Forgets the oldest of those that are not in use. */
function trim<T>(map: Map<string, T>, size: number, isUsed: (key: string, value: T) => boolean): void {
  if (map.size <= size) return;
  for (const [key, value] of map) {
    if (map.size <= size) return;
    if (!isUsed(key, value)) map.delete(key);
  }
}

/**
 * The URL of a segment for who fetches it from the upstream: players take a segment whose path has changed for another one. The query is
 * the one that it has now.
 */
export function directUrl({ name, url }: ListedSegment): string {
  if (name === url) return url;
  const [first, now] = [new URL(name), new URL(url)];
  return first.origin === now.origin && first.pathname === now.pathname ? url : name;
}

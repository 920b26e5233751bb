import { keepNewest } from '../keep-newest.js';
import type { ByteRange } from '../segment-source.js';
import type { ListedSegment } from './listed-segment.js';
import { createReader, type ReadPlaylist, type Variant } from './read-playlist.js';

/** One Media Playlist, as its last reload showed it. */
export interface PlaylistState {
  readonly url: string;
  segments: readonly ListedSegment[];
  /** ms. */
  targetDuration: number;
  /** No EXT-X-ENDLIST. */
  live: boolean;
  /** When it was last given to the player, ms. */
  reloadedAt: number;
  /** Highest Media Sequence Number in the order that the player asks in; undefined before its first request. */
  requested: number | undefined;
  requestedAt: number;
  /** The last Media Sequence Number that the player was told of. */
  told?: number | undefined;
  /** The player takes this segment and all after it by their parts, as far as is known. */
  partsFrom?: number | undefined;
}

/** The mesh that a playlist names: its stream (40 hex digits) and announce URLs. */
export interface NamedStream {
  readonly stream: string;
  readonly announce: readonly string[];
  /** The playlist's. */
  readonly url: string;
}

/** What a reload brought. */
export interface CatalogUpdate {
  readonly playlist: PlaylistState;
  readonly stream: NamedStream | undefined;
  /** Segments that this playlist did not list before, in order; all of them at the first load. */
  readonly added: readonly ListedSegment[];
  readonly first: boolean;
}

/** Most Media Playlists remembered: the least recently loaded goes first. */
const MAX_PLAYLISTS = 64;

const keyOf = (url: string, range: ByteRange | undefined): string =>
  range ? `${url}#${range.offset}+${range.length}` : url;

/** Which URL is which segment, by the playlists that the player was given. */
export class PlaylistCatalog {
  /** Has read the playlists that were taken. */
  readonly reader = createReader();
  readonly #playlists = new Map<string, PlaylistState>();
  /** By URL and range: the listing, its playlist, and when it was last listed. */
  readonly #entries = new Map<string, { listed: ListedSegment; playlist: PlaylistState; at: number }>();
  /** The same listings. */
  readonly #byInfoHash = new Map<string, ListedSegment>();
  readonly #listeners = new Set<() => void>();
  /** Different playlists, whatever they list. */
  #renditions: ReadonlySet<string> = new Set();
  /** Media Playlists with magnets that were taken so far, reloads included. */
  loads = 0;
  /** Those of the Multivariant Playlist that was read last. */
  variants: readonly Variant[] = [];
  /** The player plays one of its playlists at a time. */
  isMuxed = false;

  /** The stream has several renditions, of which the player chooses by how long segments take. */
  get isLadder(): boolean {
    return this.variants.length > 1;
  }

  /** A segment that is listed. */
  known(infoHash: string): ListedSegment | undefined {
    return this.#byInfoHash.get(infoHash);
  }

  get playlists(): Iterable<PlaylistState> {
    return this.#playlists.values();
  }

  /** Takes a playlist; undefined when it is no Media Playlist with magnets. */
  update(media: ReadPlaylist, now: number): CatalogUpdate | undefined {
    const { url, variants } = media;
    if (variants.length > 0) {
      this.variants = variants;
      this.isMuxed = !media.alternatives;
      this.#renditions = new Set(media.renditions);
    }
    let segments = media.listed;
    const before = this.#playlists.get(url) ?? this.#twinOf(segments, url);
    if (segments.length === 0 && !before) return undefined;
    this.loads += 1;
    // A delta update (draft-pantos-hls-rfc8216bis §6.2.5.1) leaves out what was there before.
    if (before && media.mediaSequence < media.firstListed) {
      const skipped = before.segments.filter(
        ({ mediaSequence }) => mediaSequence >= media.mediaSequence && mediaSequence < media.firstListed,
      );
      segments = [...skipped, ...segments];
    }
    const added = addedTo(before?.segments ?? [], segments);
    const playlist: PlaylistState = before ?? {
      url,
      segments,
      targetDuration: 0,
      live: true,
      reloadedAt: now,
      requested: undefined,
      requestedAt: 0,
    };
    const longest = segments.reduce((most, segment) => Math.max(most, segment.duration), 0);
    playlist.segments = segments;
    playlist.targetDuration = (media.targetDuration ?? 0) * 1000 || longest;
    playlist.live = !media.endList;
    playlist.reloadedAt = now;
    this.#playlists.delete(playlist.url);
    this.#playlists.set(playlist.url, playlist);
    for (const listed of segments) this.#list(listed, playlist, now);
    this.#forget(now);
    for (const listener of this.#listeners) listener();
    return {
      playlist,
      stream: media.stream && { url: media.from, ...media.stream },
      added,
      first: !before,
    };
  }

  /** The segment that a player means by this URL and range: where it stands several times, the next one in its order. */
  lookup(url: string, range: ByteRange | undefined): { listed: ListedSegment; playlist: PlaylistState } | undefined {
    const key = keyOf(url, range);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const { playlist } = entry;
    const { requested = playlist.live ? Number.POSITIVE_INFINITY : 0 } = playlist;
    const distance = ({ mediaSequence }: ListedSegment): number =>
      mediaSequence > requested ? mediaSequence - requested : 2 * (requested - mediaSequence);
    let { listed } = entry;
    for (const other of playlist.segments) {
      if (keyOf(other.url, other.range) === key && distance(other) < distance(listed)) listed = other;
    }
    return { listed, playlist };
  }

  /** When this segment was last listed, ms; undefined when no playlist names it any more. */
  listedAt(infoHash: string, url: string, range: ByteRange | undefined): number | undefined {
    const entry = this.#entries.get(keyOf(url, range));
    return entry?.listed.infoHash === infoHash ? entry.at : undefined;
  }

  segmentUrls(): string[] {
    const urls: string[] = [];
    for (const { listed } of this.#entries.values()) if (listed.url !== urls.at(-1)) urls.push(listed.url);
    return urls.length === this.#entries.size ? urls : [...new Set(urls)];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.reader.clear();
    this.#playlists.clear();
    this.#entries.clear();
    this.#byInfoHash.clear();
    for (const listener of this.#listeners) listener();
  }

  /** The playlist that has all of these segments that are in both, by number and bytes: it was asked for by another URL, be it only for its age. */
  #twinOf(segments: readonly ListedSegment[], url: string): PlaylistState | undefined {
    return [...this.#playlists.values()].reverse().find((other) => {
      if (this.#renditions.has(url) && this.#renditions.has(other.url)) return false;
      const hashes = new Map(other.segments.map(({ mediaSequence, infoHash }) => [mediaSequence, infoHash]));
      const both = segments.filter(({ mediaSequence }) => hashes.has(mediaSequence));
      return both.length > 0 && both.every(({ mediaSequence, infoHash }) => hashes.get(mediaSequence) === infoHash);
    });
  }

  #list(listed: ListedSegment, playlist: PlaylistState, at: number): void {
    const key = keyOf(listed.url, listed.range);
    const entry = this.#entries.get(key);
    if (entry?.listed === listed && entry.playlist === playlist) {
      entry.at = at;
      return;
    }
    if (entry) this.#unname(entry.listed);
    this.#entries.set(key, { listed, playlist, at });
    this.#byInfoHash.set(listed.infoHash, listed);
  }

  #unname(listed: ListedSegment): void {
    if (this.#byInfoHash.get(listed.infoHash) === listed) this.#byInfoHash.delete(listed.infoHash);
  }

  /** Listings stay for one window after they left a live playlist, or as long as an ended one is remembered. */
  #forget(now: number): void {
    keepNewest(this.#playlists, MAX_PLAYLISTS);
    const since = new Map([...this.#playlists.values()].map((playlist) => [playlist, now - keptFor(playlist)]));
    for (const [key, { listed, playlist, at }] of this.#entries) {
      if (at >= (since.get(playlist) ?? Number.POSITIVE_INFINITY)) continue;
      this.#entries.delete(key);
      this.#unname(listed);
    }
  }
}

/** Duration of a playlist's window, ms. */
export function windowOf(playlist: PlaylistState): number {
  return playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
}

/** The segments that were not in the same place before. Both are in the order of their numbers. */
function addedTo(before: readonly ListedSegment[], segments: readonly ListedSegment[]): ListedSegment[] {
  let at = 0;
  return segments.filter(({ mediaSequence, infoHash }) => {
    while ((before[at]?.mediaSequence ?? Number.POSITIVE_INFINITY) < mediaSequence) at++;
    return before[at]?.mediaSequence !== mediaSequence || before[at]?.infoHash !== infoHash;
  });
}

/** For how long a listing stays after it was last seen, ms. */
const keptFor = (playlist: PlaylistState): number => (playlist.live ? windowOf(playlist) : Number.POSITIVE_INFINITY);

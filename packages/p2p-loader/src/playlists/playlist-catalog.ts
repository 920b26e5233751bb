import { isMagnetized, type KnownMagnets, readSegments, type SegmentList } from '@live-torrent/manifest-magnetizer';
import { isCmcd } from '@live-torrent/sw-proxy/protocol';
import type { ByteRange } from '../segment-source.js';
import { absoluteUrl } from './absolute-url.js';

/** A segment as a playlist lists it. */
export interface ListedSegment {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  /** Bencoded info dictionary, checked against the infohash. */
  readonly info: Uint8Array | undefined;
  /** Absolute, without fragment. */
  readonly url: string;
  readonly range: ByteRange | undefined;
  readonly mediaSequence: number;
  /** ms. */
  readonly duration: number;
}

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

/** A variant stream of a Multivariant Playlist (RFC 8216 §4.3.4.2). */
export interface Variant {
  /** Its Media Playlist's, as that one's state has it. */
  readonly url: string;
  /** BANDWIDTH, bits/s. */
  readonly bandwidth: number;
}

/** As hls.js reads it: wherever it stands in a line, with blanks after commas and comments before the URI. */
const VARIANT = /#EXT-X-STREAM-INF:(?:.*[,\s])?BANDWIDTH=(\d+).*(?:[\r\n]\s*#.*)*[\r\n]\s*([^#\s].*)$/gm;

const ALTERNATIVE = /#EXT-X-MEDIA:(?:.*[,\s])?URI=(?:"([^"]+)"|([^",\s]+))/g;

/** A playlist as it was read, and the URL that the player knows it by. */
export interface ReadPlaylist extends SegmentList {
  readonly url: string;
  /** Where it came from, after redirects. */
  readonly from: string;
  /** Those that a Multivariant Playlist names. */
  readonly variants: readonly Variant[];
  /** Whether it names renditions that are played beside a variant (EXT-X-MEDIA). */
  readonly alternatives: boolean;
  /** The URLs of both. */
  readonly renditions: readonly string[];
}

/**
 * Reads what a player was given. Never throws.
 * @param from its URL after redirects
 * @param known the segments of earlier reloads
 * @param requested the URL that was asked for: redirects may lead elsewhere each time
 */
export function readPlaylist(from: string, text: string, known?: KnownMagnets, requested = from): ReadPlaylist {
  const resolve = (uri: string): string => plainUrl(absoluteUrl(uri.trim(), from) ?? uri);
  const variants = [...text.matchAll(VARIANT)].map(([, bandwidth, uri = '']) => ({
    url: resolve(uri),
    bandwidth: Number(bandwidth),
  }));
  const alternatives = [...text.matchAll(ALTERNATIVE)].map(([, quoted, bare = '']) => resolve(quoted ?? bare));
  return {
    ...readSegments(text, from, undefined, known),
    url: plainUrl(requested),
    from,
    variants,
    alternatives: alternatives.length > 0,
    renditions: [...variants.map(({ url }) => url), ...alternatives],
  };
}

/** Whether a player asks for it only once, where it is not Multivariant because it has ended (EXT-X-ENDLIST); live ones come again. */
export const isLoadedOnce = ({ endList, renditions }: ReadPlaylist): boolean => endList || renditions.length > 0;

/**
 * Without what a player adds for its statistics, and asks of a Low-Latency server: another view of the same playlist (draft-pantos-hls-rfc8216bis
 * §6.2.5). Both change with each reload.
 */
function plainUrl(url: string): string {
  const [resource, query] = url.split(/\?(.*)/s) as [string, string?];
  const kept = query?.split('&').filter((part) => !isCmcd(part) && !part.startsWith('_HLS_'));
  return kept?.length ? `${resource}?${kept.join('&')}` : resource;
}

/** Which URL is which segment, by the playlists that the player was given. */
export class PlaylistCatalog {
  readonly #playlists = new Map<string, PlaylistState>();
  /** By URL and range: the listing, its playlist, and when it was last listed. */
  readonly #entries = new Map<string, { listed: ListedSegment; playlist: PlaylistState; at: number }>();
  /** The same listings, made anew by each update. */
  #byInfoHash = new Map<string, ListedSegment>();
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
    const segments: ListedSegment[] = [];
    for (const segment of media.segments) {
      if (!isMagnetized(segment) || segment.url === undefined) continue;
      segments.push({
        infoHash: segment.infoHash,
        length: segment.length,
        info: segment.info,
        url: segment.url,
        range: segment.byteRange,
        mediaSequence: segment.mediaSequence,
        duration: segment.duration * 1000,
      });
    }
    const before = this.#playlists.get(url) ?? this.#twinOf(segments, url);
    if (segments.length === 0 && !before) return undefined;
    this.loads += 1;
    // A delta update (draft-pantos-hls-rfc8216bis §6.2.5.1) leaves out what was there before.
    const firstListed = media.segments[0]?.mediaSequence ?? 0;
    const skipped = before?.segments.filter(
      ({ mediaSequence }) => mediaSequence >= media.mediaSequence && mediaSequence < firstListed,
    );
    if (skipped) segments.unshift(...skipped);
    const known = new Set(before?.segments.map((segment) => segment.infoHash + segment.mediaSequence));
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
    for (const listed of segments) this.#entries.set(keyOf(listed.url, listed.range), { listed, playlist, at: now });
    this.#forget(now);
    for (const listener of this.#listeners) listener();
    return {
      playlist,
      stream: media.stream && { url: media.from, ...media.stream },
      added: segments.filter((segment) => !known.has(segment.infoHash + segment.mediaSequence)),
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
    return [...new Set([...this.#entries.values()].map((entry) => entry.listed.url))];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
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

  /** Listings stay for one window after they left a live playlist, or as long as an ended one is remembered. */
  #forget(now: number): void {
    this.#byInfoHash = new Map();
    for (const [url] of this.#playlists) {
      if (this.#playlists.size <= MAX_PLAYLISTS) break;
      this.#playlists.delete(url);
    }
    for (const [key, { listed, playlist, at }] of this.#entries) {
      const current = this.#playlists.get(playlist.url) === playlist;
      if (!current || (playlist.live && now - at > windowOf(playlist))) this.#entries.delete(key);
      else this.#byInfoHash.set(listed.infoHash, listed);
    }
  }
}

/** Duration of a playlist's window, ms. */
export function windowOf(playlist: PlaylistState): number {
  return playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
}

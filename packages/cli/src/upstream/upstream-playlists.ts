import {
  readSegments,
  readStream,
  readVariables,
  type SegmentList,
  type Variables,
} from '@live-torrent/manifest-magnetizer';
import type { SourceContext } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { hasEnded } from './cut-off.js';
import type { HttpClient } from './http-client.js';
import { type NamedPlaylist, targetOf } from './named-playlist.js';
import { PlaylistFeed } from './playlist-feed.js';
import { type UriKind, urlsOf } from './playlist-uris.js';
import { UpstreamError, withoutQuery } from './upstream-error.js';
import { CutOffError, fetchPlaylist, isRewritten, type UpstreamPlaylist } from './upstream-playlist.js';

/** Playlists that are kept: all renditions of a stream, with their delivery directives. */
const MAX_FEEDS = 1000;
/** Renditions whose Multivariant Playlist's variables are remembered. */
const MAX_IMPORTERS = 10_000;
/** An upstream that fails is bridged so long with what it gave last, ms: encoders restart, players give up. */
const BRIDGED = 60_000;
/** Until the last byte of a playlist, ms; a blocking reload (rfc8216bis §6.2.5.2) takes up to three target durations. */
const TIMEOUT = 20_000;
const BLOCKING_TIMEOUT = 30_000;
/** A live playlist that we have is asked for anew where no answer comes in about a target duration, but not earlier than this, ms. */
const SHORTEST_TIMEOUT = 3_000;

export interface UpstreamPlaylistsOptions extends SourceContext {
  readonly client: HttpClient;
  /** The playlist that everything begins with. */
  readonly url: string;
  /** A URL of a playlist as it is asked for: without user and password. */
  readonly address: (url: string) => string;
  /** Shortest time between two reloads of one playlist, ms. */
  readonly refresh: number;
  /** Told of each playlist that came, before its segments are hashed. */
  readonly onSegments: (named: NamedPlaylist, list: SegmentList, rewritten: boolean) => Promise<void>;
  /** Has its segments hashed, and gives what viewers get. */
  readonly prepare: (named: NamedPlaylist, playlist: UpstreamPlaylist) => Promise<Uint8Array>;
}

/** The stream line stands in this, bytes: it follows the header. */
const HEAD = 64 * 1024;

interface NamedUrls {
  readonly base: string;
  readonly imported: Variables | undefined;
  readonly urls: readonly { readonly url: string; readonly kind: UriKind }[];
}

/** What one feed has seen besides playlists. */
interface FeedState {
  /** The line in which the last load ended, where that seemed to be cut off. */
  doubted: string | undefined;
  /** Of the next load, ms. */
  timeout: number;
  failing: boolean;
}

/** The upstream's playlists: each loaded once for all viewers, bridged while the upstream is in trouble, and its new segments hashed. */
export class UpstreamPlaylists {
  readonly #feeds = new LRUCache<string, PlaylistFeed<UpstreamPlaylist>>({
    max: MAX_FEEDS,
    dispose: (feed) => feed.close(),
  });
  /** What a version names: there may be a hundred thousand in it. */
  readonly #named = new WeakMap<Uint8Array, NamedUrls>();
  /** By the URL of a rendition. */
  readonly #imported = new LRUCache<string, Variables>({ max: MAX_IMPORTERS });

  constructor(readonly options: UpstreamPlaylistsOptions) {}

  /** For somebody who watches it. @throws {UpstreamError} */
  get(named: NamedPlaylist): Promise<UpstreamPlaylist> {
    return this.#feed(named).get();
  }

  /** What a playlist leads to, for somebody who does not watch it. @throws {UpstreamError} */
  async urlsNamedBy(playlist: string): Promise<NamedUrls['urls']> {
    const { bytes, url } = await this.#feed({ url: playlist, directives: '' }).peek();
    return this.urlsIn(bytes, url, playlist);
  }

  /** Loads what everything begins with, and so many of its renditions: those that were loaded a moment ago are not. What fails is left. */
  async learn(renditions: number): Promise<void> {
    const peek = (playlist: string): Promise<NamedUrls['urls']> => this.urlsNamedBy(playlist).catch(() => []);
    const named = await peek(this.options.url);
    const playlists = new Set(named.filter(({ kind }) => kind === 'playlist').map(({ url }) => url));
    await Promise.all([...playlists].slice(0, renditions).map(peek));
  }

  /** The URLs in a playlist, as they are asked for. */
  urlsIn(bytes: Uint8Array, base: string, playlist: string): NamedUrls['urls'] {
    const imported = this.importedBy(playlist);
    const known = this.#named.get(bytes);
    if (known !== undefined && known.base === base && known.imported === imported) return known.urls;
    const { address } = this.options;
    const urls = urlsOf(bytes, base, imported).map(({ url, kind }) => ({ url: address(url), kind }));
    this.#named.set(bytes, { base, imported, urls });
    return urls;
  }

  /** The variables that a rendition may import of the Multivariant Playlist that named it. */
  importedBy(playlist: string): Variables | undefined {
    return this.#imported.get(playlist);
  }

  close(): void {
    this.#feeds.clear();
  }

  /** Delivery directives ask for a playlist of their own, which nobody asks for twice. */
  #feed(named: NamedPlaylist): PlaylistFeed<UpstreamPlaylist> {
    const target = targetOf(named);
    const known = this.#feeds.get(target);
    if (known !== undefined) return known;
    const { clock, refresh } = this.options;
    const once = named.directives !== '';
    const state: FeedState = { doubted: undefined, timeout: once ? BLOCKING_TIMEOUT : TIMEOUT, failing: false };
    const feed = new PlaylistFeed<UpstreamPlaylist>({
      load: (last) => this.#load(named, last, state),
      // A Multivariant Playlist may open a session for each who asks.
      isLive: ({ bytes }) => !once && !isMultivariant(bytes) && !hasEnded(bytes),
      standsIn: (last) => !once && clock() - last.at < BRIDGED,
      refresh,
      clock,
    });
    this.#feeds.set(target, feed);
    return feed;
  }

  async #load(named: NamedPlaylist, last: UpstreamPlaylist | undefined, state: FeedState): Promise<UpstreamPlaylist> {
    const { client, clock, log } = this.options;
    const { doubted, timeout } = state;
    const begun = clock();
    try {
      const playlist = await fetchPlaylist(client, targetOf(named), { known: last, doubted, timeout, clock });
      if (state.failing) log.info(`${withoutQuery(named.url)}: is there again`);
      state.doubted = undefined;
      state.failing = false;
      await this.#take(named, playlist, last, state, begun);
      return playlist;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.options.counters.upstreamErrors++;
      // The operator hears of it once, and at the start from who starts.
      const told = state.failing || (last === undefined && named.url === this.options.url);
      if (!told) log.warn(error.message);
      state.failing ||= !told;
      state.doubted = error instanceof CutOffError ? error.partialLine : undefined;
      if (named.directives === '') state.timeout = Math.min(TIMEOUT, 2 * timeout);
      if (last !== undefined && clock() - last.at < BRIDGED) return last;
      // It is what the upstream has: a player would get it, too.
      if (error instanceof CutOffError) return error.playlist;
      throw error;
    }
  }

  /** Has the new segments of a playlist hashed. */
  async #take(
    named: NamedPlaylist,
    playlist: UpstreamPlaylist,
    last: UpstreamPlaylist | undefined,
    state: FeedState,
    begun: number,
  ): Promise<void> {
    const { clock, log, onSegments, onStream, prepare } = this.options;
    const { bytes, url } = playlist;
    const imported = this.importedBy(named.url);
    const list = readSegments(bytes, url, imported);
    await onSegments(named, list, isRewritten(playlist, last));
    if (isMultivariant(bytes)) {
      const variables = readVariables(bytes, { url });
      for (const { url: rendition, kind } of this.urlsIn(bytes, url, named.url)) {
        if (kind === 'playlist') this.#imported.set(rendition, variables);
      }
    }
    const magnetized = await prepare(named, playlist);
    const stream = readStream(magnetized.subarray(0, HEAD))?.stream;
    if (stream !== undefined) onStream(stream);
    log.manifest(withoutQuery(named.url), Buffer.from(magnetized).toString());
    if (named.directives !== '') return;
    // While a very long playlist is worked on, its next load waits.
    const usual = Math.max(SHORTEST_TIMEOUT, 1000 * (list.targetDuration ?? 0), 3 * (clock() - begun));
    state.timeout = isMultivariant(bytes) ? TIMEOUT : Math.ceil(Math.min(TIMEOUT, usual));
  }
}

/** RFC 8216 §4.3.4. */
function isMultivariant(playlist: Uint8Array): boolean {
  return /^[ \t]*#EXT-X-(?:STREAM-INF|I-FRAME-STREAM-INF|MEDIA):/m.test(Buffer.from(playlist).toString('latin1'));
}

import { createMagnetizer, type Magnetizer, readStream } from '@live-torrent/manifest-magnetizer';
import { Failure, reasonOf } from '../errors.js';
import { sendBytes, sendText } from '../http/send.js';
import { PLAYLIST_CACHE_CONTROL, PLAYLIST_TYPE } from '../media-types.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { CorsCheck } from './cors-check.js';
import { PlaylistFeed } from './playlist-feed.js';
import { replaceUrls, type UriKind, urlsOf } from './playlist-uris.js';
import { RouteTable } from './route-table.js';
import { SegmentFetcher } from './segment-fetcher.js';
import { sendRouted } from './send-routed.js';
import { fetchPlaylist, UpstreamError, type UpstreamPlaylist, withoutQuery } from './upstream-fetch.js';

/** Larger playlists are refused, bytes. */
const MAX_PLAYLIST_BYTES = 16 * 1024 * 1024;
/** Playlists that are kept: all renditions of a stream, with their delivery directives. */
const MAX_FEEDS = 1000;
/** Renditions that are looked into for the origins of their segments before the first viewer comes. */
const MAX_LOOKED_INTO = 8;

export interface UpstreamSourceOptions extends SourceContext {
  /** The Media or Multivariant Playlist. */
  readonly url: string;
  /** Shortest time between two reloads of one playlist, ms. */
  readonly refresh: number;
}

/** A live feed of another server, magnetized. */
export class UpstreamSource implements Source {
  readonly #routes = new RouteTable();
  readonly #cors = new CorsCheck();
  readonly #segments: SegmentFetcher;
  readonly #magnetizer: Magnetizer;
  readonly #feeds = new LRUCache<string, PlaylistFeed<UpstreamPlaylist>>({
    max: MAX_FEEDS,
    dispose: (feed) => feed.close(),
  });
  /** By origin, a segment or resource of it that was named lately. Origins that are named later go through here. */
  #origins: Promise<Map<string, string>> | undefined;

  constructor(readonly options: UpstreamSourceOptions) {
    this.#segments = new SegmentFetcher(options.counters);
    this.#magnetizer = createMagnetizer({
      readSegment: ({ url, byteRange }) => {
        const target = this.#upstreamUrl(url);
        return byteRange === undefined
          ? this.#segments.fetch(target)
          : this.#segments.fetchRange(target, byteRange.offset, byteRange.length);
      },
      validateSegment: async ({ url, byteRange }, { signal }) =>
        byteRange === undefined ? this.#segments.validator(this.#upstreamUrl(url), signal) : undefined,
      // The same segment, whether viewers get it directly or through here.
      resourceId: (url) => this.#upstreamUrl(url),
      // All renditions have one mesh, on whichever host a redirect has led to.
      stream: () => withoutQuery(options.url),
      onError: (error) => this.#count(error),
    });
  }

  get segmentsHashed(): number {
    return this.#magnetizer.stats().segmentsHashed;
  }

  /** Only an upstream that cannot be reached, or has no playlist there, ends the start: a feed that answers 404 may be about to begin. */
  async start(): Promise<void> {
    const { log } = this.options;
    try {
      await this.#segmentOrigins();
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.status === 502) {
        throw new Failure(`-u ${reasonOf(error)}`, { cause: error });
      }
      log.warn(`${reasonOf(error)}: waiting for the feed`);
    }
  }

  close(): void {
    this.#feeds.clear();
    this.#magnetizer.close();
  }

  async segmentOrigins(pageOrigin: string): Promise<readonly string[]> {
    const allowed: string[] = [];
    for (const [origin, url] of await this.#segmentOrigins()) {
      if (await this.#cors.allows(url, pageOrigin)) allowed.push(origin);
    }
    return allowed;
  }

  async handle(exchange: Exchange): Promise<boolean> {
    const { res, url } = exchange;
    const route =
      url.pathname === '/manifest.m3u8'
        ? { url: this.options.url, kind: 'playlist' as const }
        : this.#routes.find(url.pathname);
    if (route === undefined) {
      if (!this.#routes.isRoute(url.pathname)) return false;
      sendText(res, 404, 'no playlist has named this; reload the playlist');
      return true;
    }
    try {
      if (route.kind === 'playlist') await this.#sendPlaylist(exchange, route.url);
      else await sendRouted(exchange, route, this.#segments, this.options.counters);
    } catch (error) {
      this.#count(error);
      if (!(error instanceof UpstreamError)) throw error;
      if (res.headersSent) res.destroy();
      else sendText(res, error.status, error.message);
    }
    return true;
  }

  async #sendPlaylist({ req, res, url }: Exchange, upstream: string): Promise<void> {
    const { announce, counters } = this.options;
    const playlist = await this.#feed(upstream, url.search).get();
    const pageOrigin = req.headers.origin ?? url.origin;
    const bytes = await this.#viewerPlaylist(upstream, playlist, pageOrigin, announce(url));
    counters.playlists++;
    sendBytes(req, res, { bytes, type: PLAYLIST_TYPE, cacheControl: PLAYLIST_CACHE_CONTROL });
  }

  /** The playlist as viewers on a page of `pageOrigin` get it. `named` is its URL before redirects. */
  async #viewerPlaylist(
    named: string,
    { bytes, url }: UpstreamPlaylist,
    pageOrigin: string,
    announce: readonly string[],
  ): Promise<Uint8Array> {
    const direct = new Set(await this.segmentOrigins(pageOrigin));
    const origins = await this.#segmentOrigins();
    const rewritten = replaceUrls(bytes, url, (target, kind) => {
      const { origin } = new URL(target);
      if (kind !== 'playlist' && origins.has(origin)) origins.set(origin, target);
      return this.#viewerUrl(target, kind, direct);
    });
    return this.#magnetizer.magnetize(rewritten, { url: named, announce });
  }

  #viewerUrl(url: string, kind: UriKind, direct: ReadonlySet<string>): string {
    if (kind === 'other') return url;
    if (kind !== 'playlist' && direct.has(new URL(url).origin)) return url;
    return this.#routes.pathFor({ url, kind });
  }

  /** Delivery directives (rfc8216bis §6.2.5) ask for a playlist of their own, which nobody asks for twice. */
  #feed(url: string, search = ''): PlaylistFeed<UpstreamPlaylist> {
    const directives = search
      .replace(/^\?/, '')
      .split('&')
      .filter((parameter) => parameter.startsWith('_HLS_'));
    const target = directives.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${directives.join('&')}`;
    const known = this.#feeds.get(target);
    if (known !== undefined) return known;
    const { clock, refresh } = this.options;
    const feed = new PlaylistFeed<UpstreamPlaylist>({
      load: () => this.#load(target, url),
      isFinal: ({ bytes }) => directives.length > 0 || Buffer.from(bytes).includes('#EXT-X-ENDLIST'),
      refresh,
      clock,
    });
    this.#feeds.set(target, feed);
    return feed;
  }

  /** Loads a playlist and has its new segments hashed. `named` is its URL without delivery directives. */
  async #load(target: string, named: string): Promise<UpstreamPlaylist> {
    const { log, onStream } = this.options;
    try {
      const playlist = await fetchPlaylist(target, MAX_PLAYLIST_BYTES);
      const { bytes, url } = playlist;
      if (urlsOf(bytes, url).some(({ kind }) => kind === 'segment')) {
        const absolute = replaceUrls(bytes, url, (target) => target);
        const magnetized = await this.#magnetizer.magnetize(absolute, { url: named });
        const stream = readStream(magnetized)?.stream;
        if (stream !== undefined) onStream(stream);
        log.manifest(withoutQuery(named), Buffer.from(magnetized).toString());
      } else {
        // Its variables are those of the Media Playlists that it names.
        await this.#magnetizer.magnetize(bytes, { url });
        log.manifest(withoutQuery(named), Buffer.from(bytes).toString());
      }
      return playlist;
    } catch (error) {
      this.#count(error);
      throw error;
    }
  }

  /** The origins of segments that the playlists name at the start: the page's Content-Security-Policy has to know them. */
  #segmentOrigins(): Promise<Map<string, string>> {
    this.#origins ??= this.#findOrigins().then(
      (origins) => {
        if (origins.size === 0) this.#origins = undefined;
        return origins;
      },
      (error: unknown) => {
        this.#origins = undefined;
        throw error;
      },
    );
    return this.#origins;
  }

  async #findOrigins(): Promise<Map<string, string>> {
    const { bytes, url } = await this.#feed(this.options.url).peek();
    const named = urlsOf(bytes, url);
    const renditions = firstOfEachOrigin(named.filter(({ kind }) => kind === 'playlist'));
    const lists = await Promise.all(
      [...renditions.values()].slice(0, MAX_LOOKED_INTO).map(async (rendition) => {
        const playlist = await this.#feed(rendition).peek();
        return urlsOf(playlist.bytes, playlist.url);
      }),
    );
    return firstOfEachOrigin([named, ...lists].flat().filter(({ kind }) => kind === 'segment' || kind === 'resource'));
  }

  /** What a URL stands for that the magnetizer has read from a rewritten playlist. */
  #upstreamUrl(url: string): string {
    return this.#routes.find(new URL(url).pathname)?.url ?? url;
  }

  #count(error: unknown): void {
    if (error instanceof UpstreamError) this.options.counters.upstreamErrors++;
  }
}

function firstOfEachOrigin(urls: readonly { readonly url: string }[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { url } of urls) {
    const { origin } = new URL(url);
    if (!first.has(origin)) first.set(origin, url);
  }
  return first;
}

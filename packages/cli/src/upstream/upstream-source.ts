import {
  createMagnetizer,
  type Magnetizer,
  readSegments,
  readStream,
  readVariables,
  type SegmentList,
  type Variables,
} from '@live-torrent/manifest-magnetizer';
import { Failure, reasonOf } from '../errors.js';
import { sendText } from '../http/send.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { CorsCheck } from './cors-check.js';
import { createHttpClient, type HttpClient } from './http-client.js';
import { PlaylistFeed } from './playlist-feed.js';
import { replaceUrls, type UriKind, urlsOf } from './playlist-uris.js';
import { RouteTable } from './route-table.js';
import { SegmentFetcher } from './segment-fetcher.js';
import { SegmentUses } from './segment-uses.js';
import { sendPlaylist } from './send-playlist.js';
import { sendRouted } from './send-routed.js';
import { UpstreamError, withoutQuery } from './upstream-fetch.js';
import { fetchPlaylist, isRewritten, type UpstreamPlaylist } from './upstream-playlist.js';

/** Playlists that are kept: all renditions of a stream, with their delivery directives. */
const MAX_FEEDS = 1000;
/** Renditions whose Multivariant Playlist's variables are remembered. */
const MAX_IMPORTERS = 10_000;
/** An upstream that fails is bridged so long with what it gave last, ms: encoders restart, players give up. */
const BRIDGED = 60_000;
/** Renditions that are looked into for the origins of their segments before the first viewer comes. */
const MAX_LOOKED_INTO = 8;

export interface UpstreamSourceOptions extends SourceContext {
  /** The Media or Multivariant Playlist. */
  readonly url: string;
  /** Start though the feed is not there. */
  readonly wait: boolean;
  /** Shortest time between two reloads of one playlist, ms. */
  readonly refresh: number;
  /** Hosts besides the playlist's own that may have addresses which are not public, each `host` or `host:port`. */
  readonly allowHosts: readonly string[];
}

/** A playlist that is asked of the upstream. */
interface Named {
  /** Its URL before redirects. */
  readonly url: string;
  /** Delivery directives (draft-pantos-hls-rfc8216bis §6.2.5), such as `_HLS_msn=7&_HLS_part=1`. */
  readonly directives: string;
}

/** A live feed of another server, magnetized. */
export class UpstreamSource implements Source {
  readonly #routes = new RouteTable();
  readonly #client: HttpClient;
  readonly #cors: CorsCheck;
  readonly #segments: SegmentFetcher;
  readonly #magnetizer: Magnetizer;
  readonly #feeds = new LRUCache<string, PlaylistFeed<UpstreamPlaylist>>({
    max: MAX_FEEDS,
    dispose: (feed) => feed.close(),
  });
  readonly #uses = new SegmentUses();
  /** By the URL of a rendition. */
  readonly #imported = new LRUCache<string, Variables>({ max: MAX_IMPORTERS });
  /** By origin, a segment or resource of it that was named lately. Origins that are named later go through here. */
  #origins: Promise<Map<string, string>> | undefined;

  constructor(readonly options: UpstreamSourceOptions) {
    this.#client = createHttpClient([new URL(options.url).hostname, ...options.allowHosts]);
    this.#cors = new CorsCheck(this.#client);
    this.#segments = new SegmentFetcher(this.#client, options.counters);
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
      resourceId: (url, playlist) => this.#uses.idOf(withoutDirectives(playlist), this.#upstreamUrl(url)),
      // All renditions have one mesh, on whichever host a redirect has led to.
      stream: () => withoutQuery(options.url),
      onError: (error) => this.#count(error),
    });
  }

  get segmentsHashed(): number {
    return this.#magnetizer.stats().segmentsHashed;
  }

  /** What is in trouble at the moment is waited for; what has no feed at the URL only when `wait` says that it is about to begin. */
  async start(): Promise<void> {
    const { log, wait } = this.options;
    try {
      await this.#segmentOrigins();
    } catch (error) {
      const reason = reasonOf(error);
      if (!(error instanceof UpstreamError) || !(wait || error.passing))
        throw new Failure(`-u ${reason}; --wait waits for the feed`, { cause: error });
      log.warn(`${reason}: waiting for the feed`);
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
    // Whatever type the upstream gives it, it is no page of this origin.
    res.setHeader('Content-Security-Policy', 'sandbox');
    res.setHeader('X-Content-Type-Options', 'nosniff');
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

  async #sendPlaylist(exchange: Exchange, upstream: string): Promise<void> {
    const { req, url } = exchange;
    const { announce, clock, counters } = this.options;
    const named = { url: upstream, directives: directivesOf(req.url ?? '') };
    const playlist = await this.#feed(named).get();
    const pageOrigin = req.headers.origin ?? url.origin;
    const bytes = await this.#viewerPlaylist(named, playlist, pageOrigin, announce(url));
    counters.playlists++;
    sendPlaylist(exchange, bytes, playlist, clock());
  }

  /** The playlist as viewers on a page of `pageOrigin` get it. */
  async #viewerPlaylist(
    named: Named,
    { bytes, url }: UpstreamPlaylist,
    pageOrigin: string,
    announce: readonly string[],
  ): Promise<Uint8Array> {
    const direct = new Set(await this.segmentOrigins(pageOrigin));
    const origins = await this.#segmentOrigins();
    const rewritten = replaceUrls(bytes, url, this.#imported.get(named.url), (target, kind) => {
      const { origin } = new URL(target);
      if (kind !== 'playlist' && origins.has(origin)) origins.set(origin, target);
      return this.#viewerUrl(target, kind, direct);
    });
    return this.#magnetizer.magnetize(rewritten, { url: targetOf(named), announce });
  }

  #viewerUrl(url: string, kind: UriKind, direct: ReadonlySet<string>): string {
    if (kind === 'other') return url;
    if (kind !== 'playlist' && direct.has(new URL(url).origin)) return url;
    return this.#routes.pathFor({ url, kind });
  }

  /** Delivery directives ask for a playlist of their own, which nobody asks for twice. */
  #feed(named: Named): PlaylistFeed<UpstreamPlaylist> {
    const target = targetOf(named);
    const known = this.#feeds.get(target);
    if (known !== undefined) return known;
    const { clock, refresh } = this.options;
    const feed = new PlaylistFeed<UpstreamPlaylist>({
      load: (last) => this.#load(named, last),
      isFinal: ({ bytes }) => Buffer.from(bytes).includes('#EXT-X-ENDLIST'),
      once: named.directives !== '',
      refresh,
      clock,
    });
    this.#feeds.set(target, feed);
    return feed;
  }

  /** Loads a playlist and has its new segments hashed. */
  async #load(named: Named, last: UpstreamPlaylist | undefined): Promise<UpstreamPlaylist> {
    const { clock, log, onStream } = this.options;
    try {
      const playlist = await fetchPlaylist(this.#client, targetOf(named), last, clock);
      const { bytes, url } = playlist;
      const imported = this.#imported.get(named.url);
      this.#noteUses(named, readSegments(bytes, url, imported), isRewritten(playlist, last));
      const urls = urlsOf(bytes, url, imported);
      if (urls.some(({ kind }) => kind === 'segment')) {
        const absolute = replaceUrls(bytes, url, imported, (target) => target);
        const magnetized = await this.#magnetizer.magnetize(absolute, { url: targetOf(named) });
        const stream = readStream(magnetized)?.stream;
        if (stream !== undefined) onStream(stream);
        log.manifest(withoutQuery(named.url), Buffer.from(magnetized).toString());
      } else {
        const variables = readVariables(bytes, { url });
        for (const { url, kind } of urls) if (kind === 'playlist') this.#imported.set(url, variables);
        log.manifest(withoutQuery(named.url), Buffer.from(bytes).toString());
      }
      return playlist;
    } catch (error) {
      this.#count(error);
      if (last !== undefined && clock() - last.at < BRIDGED) return last;
      throw error;
    }
  }

  /** What a URL stood for before is not taken for what it stands for now. */
  #noteUses({ url, directives }: Named, list: SegmentList, rewritten: boolean): void {
    // Delta updates and blocking reloads show a part of the playlist, or a later one.
    if (directives !== '' || list.endList) return;
    for (const renewed of this.#uses.update(url, list, rewritten)) this.#segments.forget(renewed);
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
    const named = await this.#urlsNamedBy(this.options.url);
    const renditions = firstOfEachOrigin(named.filter(({ kind }) => kind === 'playlist'));
    // One in trouble is no reason not to play the others.
    const lists = await Promise.all(
      [...renditions.values()].slice(0, MAX_LOOKED_INTO).map((url) => this.#urlsNamedBy(url).catch(() => [])),
    );
    return firstOfEachOrigin([named, ...lists].flat().filter(({ kind }) => kind === 'segment' || kind === 'resource'));
  }

  async #urlsNamedBy(playlist: string): Promise<{ readonly url: string; readonly kind: UriKind }[]> {
    const { bytes, url } = await this.#feed({ url: playlist, directives: '' }).peek();
    return urlsOf(bytes, url, this.#imported.get(playlist));
  }

  /** What a URL stands for that the magnetizer has read from a rewritten playlist. */
  #upstreamUrl(url: string): string {
    return this.#routes.find(new URL(url).pathname)?.url ?? url;
  }

  #count(error: unknown): void {
    if (error instanceof UpstreamError) this.options.counters.upstreamErrors++;
  }
}

/** The delivery directives of a request's target, byte for byte as the viewer sent them. */
function directivesOf(target: string): string {
  const query = /\?([^#]*)/.exec(target)?.[1] ?? '';
  return query
    .split('&')
    .filter((parameter) => parameter.startsWith('_HLS_'))
    .join('&');
}

function targetOf({ url, directives }: Named): string {
  return directives === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${directives}`;
}

/** What `targetOf` has made it of. */
function withoutDirectives(target: string): string {
  return target.replace(/[?&]_HLS_.*$/s, '');
}

function firstOfEachOrigin(urls: readonly { readonly url: string }[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { url } of urls) {
    const { origin } = new URL(url);
    if (!first.has(origin)) first.set(origin, url);
  }
  return first;
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMagnetizer,
  type Magnetizer,
  type MagnetizerStats,
  PlaylistLimitError,
  type SegmentList,
  streamName,
  withAnnounce,
} from '@live-torrent/manifest-magnetizer';
import { Failure, reasonOf } from '../errors.js';
import { hasCredentialsMode } from '../http/cors.js';
import { sendText } from '../http/send.js';
import { addVary } from '../http/vary.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { hostAndPort } from './address-guard.js';
import { CorsCheck } from './cors-check.js';
import { createHttpClient, type HttpClient, type ViewerCredentials } from './http-client.js';
import { ListedSegments } from './listed-segments.js';
import { directivesOf, type NamedPlaylist, targetOf } from './named-playlist.js';
import { OperatorNotes } from './operator-notes.js';
import { passOn } from './pass-on.js';
import { PathwayClones } from './pathway-clones.js';
import type { UriKind } from './playlist-uris.js';
import { RangeReads } from './range-reads.js';
import { type Route, RouteTable } from './route-table.js';
import { ApartError, SegmentFetcher } from './segment-fetcher.js';
import { SegmentOrigins } from './segment-origins.js';
import { SegmentPlaces } from './segment-places.js';
import { sendPlaylist } from './send-playlist.js';
import { sendRouted } from './send-routed.js';
import type { SharedCache } from './shared-cache.js';
import { TooLongError } from './shared-read.js';
import { UpstreamError } from './upstream-error.js';
import { UpstreamIdentity } from './upstream-identity.js';
import type { UpstreamPlaylist } from './upstream-playlist.js';
import { UpstreamPlaylists } from './upstream-playlists.js';
import { viewerDocument } from './viewer-document.js';
import { ViewerForms } from './viewer-forms.js';
import { viewerPlaylist } from './viewer-playlist.js';

/** Renditions that are looked into for the origins of their segments before the first viewer comes. */
const MAX_LOOKED_INTO = 8;
/** A path that no playlist has named waits for the next reload where that comes within this, ms. */
const LEARNED_WITHIN = 3_000;

export interface UpstreamSourceOptions extends SourceContext {
  /** The Media or Multivariant Playlist. */
  readonly url: string;
  /** Start though the feed is not there. */
  readonly wait: boolean;
  /** Write the SHA-1 of Partial Segments. */
  readonly parts: boolean;
  /** Shortest time between two reloads of one playlist, ms. */
  readonly refresh: number;
  /** Hosts that may have addresses which are not public besides the playlist's own with its port, each `host` or `host:port`. */
  readonly allowHosts: readonly string[];
  /** Headers for the playlist's origin. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Hashes that other processes have, too. */
  readonly cache: SharedCache | undefined;
}

/** A live feed of another server, magnetized. */
export class UpstreamSource implements Source {
  /** Without user and password. */
  readonly #url: string;
  readonly #identity: UpstreamIdentity;
  readonly #routes = new RouteTable();
  readonly #origins: SegmentOrigins;
  readonly #segments: SegmentFetcher;
  readonly #ranges: RangeReads;
  readonly #magnetizer: Magnetizer;
  readonly #playlists: UpstreamPlaylists;
  readonly #forms: ViewerForms;
  readonly #listed = new ListedSegments();
  readonly #places = new SegmentPlaces(this.#listed, this.#routes);
  readonly #clones = new PathwayClones();
  readonly #notes: OperatorNotes;
  /** Versions whose origins are noted. */
  readonly #noted = new WeakSet<Uint8Array>();

  constructor(readonly options: UpstreamSourceOptions) {
    this.#identity = new UpstreamIdentity(options);
    this.#url = this.#identity.address(options.url);
    this.#notes = new OperatorNotes(options.log);
    const client = createHttpClient([hostAndPort(this.#url), ...options.allowHosts], this.#identity);
    this.#origins = new SegmentOrigins(new CorsCheck(client));
    this.#segments = new SegmentFetcher(client, options.counters);
    this.#ranges = new RangeReads(client, (bytes) => {
      options.counters.upstreamBytesRead += bytes;
    });
    this.#magnetizer = createMagnetizer({
      parts: options.parts,
      cache: options.cache,
      readSegment: ({ url, byteRange, playlistUrl }) => {
        const target = this.#places.of(url, playlistUrl);
        return byteRange === undefined
          ? this.#segments.fetch(target)
          : this.#ranges.fetch(target.url, byteRange.offset, byteRange.length);
      },
      validateSegment: async ({ url, byteRange, playlistUrl }, { signal }) =>
        byteRange === undefined ? this.#segments.validator(this.#places.of(url, playlistUrl).url, signal) : undefined,
      // The same segment, whether viewers get it directly or through here.
      resourceId: (url, playlist) => this.#places.idOf(url, playlist),
      // All renditions have one mesh, on whichever host a redirect has led to.
      stream: () => streamName(this.#url),
      onError: (error, { url, playlistUrl }) => {
        if (error instanceof PlaylistLimitError) this.#notes.limit(playlistUrl, error);
        else this.#unread(error, this.#places.of(url, playlistUrl).url);
      },
    });
    this.#playlists = new UpstreamPlaylists({
      ...options,
      client,
      url: this.#url,
      prepare: (named, playlist) => this.#forms.prepare(named, playlist),
      address: (url) => this.#identity.address(url),
      onSegments: ({ url }, list, rewritten) => this.#follow(url, list, rewritten),
    });
    this.#forms = new ViewerForms({
      magnetizer: this.#magnetizer,
      clock: options.clock,
      rewrite: (named, playlist, direct) => this.#rewrite(named, playlist, direct),
      importedBy: (playlist) => this.#playlists.importedBy(playlist),
    });
  }

  get magnetized(): MagnetizerStats {
    return this.#magnetizer.stats();
  }

  /** What is in trouble at the moment is waited for; what has no feed at the URL only when `wait` says that it is about to begin. */
  async start(): Promise<void> {
    const { log, wait } = this.options;
    try {
      await this.#findOrigins();
    } catch (error) {
      const reason = reasonOf(error);
      if (!(error instanceof UpstreamError) || !(wait || error.passing)) {
        const waiting = error instanceof UpstreamError && error.denied ? '' : '; --wait waits for the feed';
        throw new Failure(`-u ${reason}${waiting}`, { cause: error });
      }
      const waiting = `${reason}: waiting for the feed`;
      if (error instanceof UpstreamError && error.wantsFlag) this.#notes.once(wantKey(this.#url, error), waiting);
      else log.warn(waiting);
    }
  }

  async close(): Promise<void> {
    this.#playlists.close();
    this.#magnetizer.close();
    await this.options.cache?.close();
  }

  async segmentOrigins(pageOrigin: string): Promise<readonly string[]> {
    return [...(await this.#origins.directFor({ origin: pageOrigin, credentials: false }))];
  }

  async handle(exchange: Exchange): Promise<boolean> {
    const { res, url } = exchange;
    const route =
      url.pathname === '/manifest.m3u8'
        ? { url: this.#url, kind: 'playlist' as const }
        : await this.#routeOf(url.pathname);
    if (route === undefined) {
      if (!this.#routes.isRoute(url.pathname)) return false;
      sendText(res, 404, 'no playlist has named this; reload the playlist');
      return true;
    }
    try {
      if (route.kind === 'playlist') await this.#sendPlaylist(exchange, this.#clones.urlFor(route.url, url));
      else {
        const { counters } = this.options;
        await sendRouted(exchange, route, this.#segments, this.#ranges, counters, (...of) => this.#sendDocument(...of));
      }
    } catch (error) {
      this.#failed(error, route.url, route.kind !== 'key' && route.kind !== 'document');
      if (!(error instanceof UpstreamError) && !(error instanceof TooLongError)) throw error;
      if (res.headersSent || res.destroyed) res.destroy();
      else sendText(res, error instanceof UpstreamError ? error.status : 502, shownOf(error));
    }
    return true;
  }

  /**
   * What a path stands for. Another origin of the same feed may have named it, in a playlist that is newer than ours, or of which we have none:
   * ours is loaded then, and once more, no sooner than it would be for those who watch.
   */
  async #routeOf(pathname: string): Promise<Route | undefined> {
    const { refresh } = this.options;
    const find = (): Route | undefined => this.#routes.find(pathname);
    if (find() !== undefined || !this.#routes.isRoute(pathname)) return find();
    await this.#playlists.learn(MAX_LOOKED_INTO);
    if (find() !== undefined || refresh > LEARNED_WITHIN) return find();
    await sleep(refresh, undefined, { ref: false });
    await this.#playlists.learn(MAX_LOOKED_INTO);
    return find();
  }

  async #sendPlaylist(exchange: Exchange, upstream: string): Promise<void> {
    const { req, url } = exchange;
    const { announce, byHost, clock, counters } = this.options;
    const named = { url: upstream, directives: directivesOf(req.url ?? '') };
    const playlist = await this.#playlists.get(named);
    const page = { origin: req.headers.origin ?? url.origin, credentials: hasCredentialsMode(req, url.origin) };
    if (!this.#noted.has(playlist.bytes)) this.#origins.note(this.#urlsIn(named, playlist));
    this.#noted.add(playlist.bytes);
    const magnetized = await this.#forms.get(named, playlist, await this.#origins.directFor(page));
    counters.playlists++;
    sendPlaylist(exchange, withAnnounce(magnetized, announce(url)), playlist, clock(), byHost);
  }

  /** Delivery directives go with it: steering and interstitials have theirs (draft-pantos-hls-rfc8216bis §7.1, appendix D). */
  #sendDocument(exchange: Exchange, upstream: string, client: HttpClient, as: ViewerCredentials): Promise<void> {
    const { req, res } = exchange;
    const url = targetOf({ url: upstream, directives: directivesOf(req.url ?? '') });
    const rewrite = (text: string, base: string): string =>
      viewerDocument(text, {
        base,
        pathFor: (named, kind) => this.#routes.pathFor({ url: this.#identity.address(named), kind }),
        paramsFor: (replacement) => this.#clones.paramsFor(replacement),
      });
    addVary(res, 'Authorization, Cookie');
    return passOn(exchange, url, { client, as, cacheControl: 'no-store', rewrite, count: () => {} });
  }

  #urlsIn(named: NamedPlaylist, { bytes, url }: UpstreamPlaylist): readonly { url: string; kind: UriKind }[] {
    return this.#playlists.urlsIn(bytes, url, named.url);
  }

  /** The playlist with the URLs that viewers ask for. */
  #rewrite(named: NamedPlaylist, playlist: UpstreamPlaylist, direct: ReadonlySet<string>): Uint8Array {
    const { bytes, url } = playlist;
    return viewerPlaylist(bytes, {
      playlist: named.url,
      base: url,
      imported: this.#playlists.importedBy(named.url),
      address: (named) => this.#identity.address(named),
      urls: this.#urlsIn(named, playlist),
      direct,
      segments: this.#listed,
      routes: this.#routes,
    });
  }

  /** What a URL stood for before is not taken for what it stands for now. */
  async #follow(playlist: string, list: SegmentList, rewritten: boolean): Promise<void> {
    const { url } = list.segments.at(-1) ?? {};
    const newest = rewritten && url !== undefined ? this.#listed.of(playlist, url) : undefined;
    // An encoder that began anew, and is as far as before.
    if (newest !== undefined && (await this.#segments.hasChanged(newest))) this.#listed.replace(playlist);
    for (const renewed of this.#listed.update(playlist, list, rewritten, this.options.clock())) {
      this.#segments.forget(renewed);
      this.#ranges.forget(renewed.name);
    }
  }

  /** The origins of segments that the playlists name at the start. */
  async #findOrigins(): Promise<void> {
    const named = await this.#playlists.urlsNamedBy(this.#url);
    const renditions = new Map(
      named.filter(({ kind }) => kind === 'playlist').map(({ url }) => [new URL(url).origin, url]),
    );
    // One in trouble is no reason not to play the others.
    const lists = await Promise.all(
      [...renditions.values()]
        .slice(0, MAX_LOOKED_INTO)
        .map((url) => this.#playlists.urlsNamedBy(url).catch((error) => this.#failed(error, url))),
    );
    this.#origins.note([named, ...lists].flatMap((urls) => urls ?? []));
  }

  #unread(error: unknown, url: string): void {
    this.#failed(error, url);
    if (error instanceof UpstreamError && !error.wantsFlag) this.#notes.unread(url, error);
  }

  /** @param isOurs whether we are who was refused: each viewer asks for a key by itself, and `--header` would open it to all of them */
  #failed(error: unknown, url: string, isOurs = true): undefined {
    if (error instanceof UpstreamError) {
      this.options.counters.upstreamErrors++;
      if (error.wantsFlag && isOurs) this.#notes.once(wantKey(url, error), error.message);
    } else if (error instanceof ApartError) this.#notes.apart(url, error.message);
  }
}

/** An origin wants the same flag for all that it has. */
function wantKey(url: string, { status }: UpstreamError): string {
  return `${new URL(url).origin} ${status}`;
}

function shownOf(error: unknown): string {
  return error instanceof UpstreamError ? error.shown : reasonOf(error);
}

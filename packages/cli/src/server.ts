import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import type { Metrics } from '@live-torrent/metrics';
import { type AnnounceTokens, refuseUpgrade, type Tracker } from '@live-torrent/tracker';
import { reasonOf } from './errors.js';
import { ANNOUNCE_PATH, announceUrls } from './http/announce-urls.js';
import { authorityOf, isFixedHost, isLoopbackHost, urlHost } from './http/authority.js';
import { Connections } from './http/connections.js';
import { allowAnyOrigin, allowNoOrigin, sendPreflight } from './http/cors.js';
import { listen, portOf } from './http/listen.js';
import { sendJson, sendText } from './http/send.js';
import { NO_PAGE } from './page/content-security-policy.js';
import { iceServersFor } from './page/ice-servers.js';
import type { IceServer } from './page/ice-url.js';
import type { Page } from './page/page.js';
import type { Counters, Exchange, Source } from './source.js';

/** Where the page gets announce URLs with a fresh token. */
const ANNOUNCE_LIST_PATH = '/announce.json';
/** Where pages send their figures, and where Prometheus finds them. */
const REPORT_PATH = '/report';
const METRICS_PATH = '/metrics';
/** What has not begun to answer when the server closes is cut after this, ms. */
const CLOSE_GRACE = 300;
/** What has begun is cut after this, ms. */
const DOWNLOAD_GRACE = 5_000;
/** Headers of proxies (RFC 9110 §7.6.3, RFC 7239). */
const PROXIED = ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'] as const;

export interface ServerParts {
  readonly source: Source;
  readonly tracker: Tracker;
  readonly metrics: Metrics;
  /** Undefined: no demo page. */
  readonly page: Page | undefined;
  readonly counters: Counters;
  readonly host: string;
  readonly port: number;
  /** The origin that viewers open; undefined: whatever their requests name. */
  readonly publicOrigin: string | undefined;
  /** Playlists name the tracker by the host of the request. */
  readonly byHost: boolean;
  /** PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly announce: readonly string[];
  /** Undefined: the tracker is open to all. */
  readonly tokens: AnnounceTokens | undefined;
  readonly ice: readonly IceServer[] | undefined;
  /** Gets failures of single requests. */
  readonly warn: (line: string) => void;
}

/** The HTTP(S) server: playlists, segments, tracker, figures and demo page on one port. */
export class LiveTorrentServer {
  readonly #http;
  readonly #scheme: 'http' | 'https';
  readonly #connections: Connections;
  /** Answers that are not complete. */
  readonly #running = new Set<ServerResponse>();
  #noted = false;

  constructor(readonly parts: ServerParts) {
    this.#scheme = parts.tls === undefined ? 'http' : 'https';
    const listener = (req: IncomingMessage, res: ServerResponse) => void this.#answer(req, res);
    const { options } = Connections;
    this.#http =
      parts.tls === undefined
        ? createHttpServer(options, listener)
        : createHttpsServer({ ...options, ...parts.tls }, listener);
    this.#connections = new Connections(this.#http);
    this.#http.on('upgrade', (req, socket, head) => {
      // Nobody else hears of it that the connection has broken.
      socket.on('error', () => socket.destroy());
      this.#connections.asks(req.socket);
      const url = this.#urlOf(req);
      if (url?.pathname !== ANNOUNCE_PATH) refuseUpgrade(socket, '404 Not Found');
      else parts.tracker.upgrade(req, socket, head);
    });
  }

  /** @throws {Failure} naming the port or address that cannot be had, or whatever keeps the source from starting. */
  async listen(): Promise<void> {
    const { host, port, source } = this.parts;
    await listen(this.#http, host, port, this.parts.warn);
    await source.start();
  }

  /** The URL of the page on this machine, with the port that the system gave. */
  get url(): string {
    return `${this.#scheme}://${urlHost(this.parts.host)}:${this.#port}/`;
  }

  get #port(): number {
    return portOf(this.#http) ?? this.parts.port;
  }

  /** Stops at once to take requests, and cuts what has not begun to answer after `CLOSE_GRACE`, what has after `DOWNLOAD_GRACE`. */
  async close(): Promise<void> {
    const sourceClosed = this.parts.source.close();
    // http's own close() cuts answers that have been handed to their sockets and are not sent yet, as if these were idle.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.#http, () => resolve()));
    this.parts.tracker.close();
    const answers = (which: (res: ServerResponse) => boolean): Socket[] =>
      [...this.#running].filter(which).flatMap(({ socket }) => socket ?? []);
    this.#connections.cutAllBut(answers(() => true));
    const timers = [
      setTimeout(() => this.#connections.cutAllBut(answers(({ headersSent }) => headersSent)), CLOSE_GRACE),
      setTimeout(() => this.#connections.cutAllBut([]), DOWNLOAD_GRACE),
    ];
    await Promise.all([closed, sourceClosed]);
    for (const timer of timers) clearTimeout(timer);
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#connections.asks(req.socket);
    this.#running.add(res);
    res.once('close', () => {
      this.#running.delete(res);
      // A connection that has answered its last request.
      if (!this.#http.listening) req.socket.end();
    });
    this.#noteProxy(req);
    try {
      res.setHeader('Content-Security-Policy', NO_PAGE);
      res.setHeader('X-Content-Type-Options', 'nosniff');
      allowAnyOrigin(req, res);
      const url = this.#urlOf(req);
      if (url === undefined) sendText(res, 400, 'bad request target');
      else if (req.method === 'OPTIONS') sendPreflight(req, res);
      else if (url.pathname === REPORT_PATH) this.parts.metrics.collect(req, res);
      else if (req.method === 'GET' || req.method === 'HEAD') await this.#route({ req, res, url });
      else {
        res.setHeader('Allow', 'GET, HEAD, OPTIONS');
        sendText(res, 405, `${req.method} is not for here`);
      }
    } catch (error) {
      this.parts.warn(`${req.method} ${req.url}: ${reasonOf(error)}`);
      if (res.headersSent) res.destroy();
      else sendText(res, 500, 'this server has failed; its log says why');
    }
  }

  async #route(exchange: Exchange): Promise<void> {
    const { source, page, counters, tracker, metrics, announce, tokens, ice } = this.parts;
    const { res, url } = exchange;
    if (url.pathname === '/stats.json')
      return sendJson(res, {
        ...counters,
        segmentsHashed: source.magnetized?.segmentsHashed ?? 0,
        tracker: tracker.stats,
      });
    if (url.pathname === METRICS_PATH) return metrics.serve(exchange.req, res);
    if (await source.handle(exchange)) return;
    if (page !== undefined) {
      if (url.pathname === '/config.json') {
        // It may hold credentials, for this page.
        if (!this.#allowOwnPages(exchange)) return;
        return sendJson(res, {
          ...(tokens ? { announceList: ANNOUNCE_LIST_PATH } : { announce: announceUrls(announce, url) }),
          iceServers: iceServersFor(url.hostname, ice, announceUrls(announce, url)),
        });
      }
      if (tokens !== undefined && url.pathname === ANNOUNCE_LIST_PATH) {
        // For pages of this server only: others ask their own backend for a token.
        if (!this.#allowOwnPages(exchange)) return;
        return sendJson(res, {
          announce: announceUrls([], url).map((tracker) => tokens.addTo(tracker)),
        });
      }
      const connect = [...(await source.segmentOrigins(url.origin)), ...announceUrls(announce, url)];
      if (await page.handle(exchange, connect)) return;
    }
    sendText(res, 404, `there is no ${url.pathname} here`);
  }

  /**
   * For pages of this server only. On loopback a page of another site would be one of them, once its name leads here.
   * @returns false, with an answer sent, where the request names this server so
   */
  #allowOwnPages({ res, url }: Exchange): boolean {
    const { host, publicOrigin } = this.parts;
    allowNoOrigin(res);
    if (publicOrigin !== undefined || !isLoopbackHost(host) || isFixedHost(url.hostname)) return true;
    sendText(res, 421, `on ${host} this is for this machine: --public-url names the address that viewers open`);
    return false;
  }

  /** Once. */
  #noteProxy({ headers }: IncomingMessage): void {
    if (this.#noted || !this.parts.byHost || PROXIED.every((name) => headers[name] === undefined)) return;
    this.#noted = true;
    this.parts.warn(
      'viewers come through a proxy: --public-url names the tracker as they reach it, and lets caches keep the playlists',
    );
  }

  /** With the scheme and authority that viewers use; undefined for a target that is no URL. */
  #urlOf(req: IncomingMessage): URL | undefined {
    const authority = authorityOf(req.headers.host, `${urlHost(this.parts.host)}:${this.#port}`);
    const base = this.parts.publicOrigin ?? `${this.#scheme}://${authority}`;
    const target = req.url ?? '/';
    if (target.startsWith('/')) return URL.canParse(base + target) ? new URL(base + target) : undefined;
    // The absolute form, RFC 9112 §3.2.2: its authority has not been looked at as the Host header has.
    if (!URL.canParse(target)) return undefined;
    const { pathname, search } = new URL(target);
    return URL.canParse(base + pathname + search) ? new URL(base + pathname + search) : undefined;
  }
}

import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode, Failure, reasonOf } from './errors.js';
import { authorityOf, urlHost } from './http/authority.js';
import { allowAnyOrigin, allowNoOrigin, sendPreflight } from './http/cors.js';
import { sendJson, sendText } from './http/send.js';
import { iceServersFor } from './page/ice-servers.js';
import type { IceServer } from './page/ice-url.js';
import type { Page } from './page/page.js';
import type { Counters, Exchange, Source } from './source.js';
import type { AnnounceTokens } from './tracker/announce-tokens.js';
import type { Tracker } from './tracker/tracker.js';

/** Where the embedded tracker listens, on the same port. */
export const ANNOUNCE_PATH = '/announce';
/** Where the page gets announce URLs with a fresh token. */
const ANNOUNCE_LIST_PATH = '/announce.json';
/** Connections that are still busy when the server closes are cut after this, ms. */
const CLOSE_GRACE = 300;

export interface ServerParts {
  readonly source: Source;
  readonly tracker: Tracker;
  /** Undefined: no demo page. */
  readonly page: Page | undefined;
  readonly counters: Counters;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly announce: readonly string[];
  /** Undefined: the tracker is open to all. */
  readonly tokens: AnnounceTokens | undefined;
  readonly ice: readonly IceServer[] | undefined;
  /** Gets failures of single requests. */
  readonly warn: (line: string) => void;
}

/** The announce URLs that a viewer gets who came by `viewer`: those given, else the tracker on the port that it used. */
export function announceUrls(given: readonly string[], viewer: URL): readonly string[] {
  return given.length > 0 ? given : [`${viewer.protocol === 'https:' ? 'wss' : 'ws'}://${viewer.host}${ANNOUNCE_PATH}`];
}

/** The HTTP(S) server: playlists, segments, tracker, figures and demo page on one port. */
export class LiveTorrentServer {
  readonly #http;
  readonly #scheme: 'http' | 'https';

  constructor(readonly parts: ServerParts) {
    this.#scheme = parts.tls === undefined ? 'http' : 'https';
    const listener = (req: IncomingMessage, res: ServerResponse) => void this.#answer(req, res);
    this.#http = parts.tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...parts.tls }, listener);
    this.#http.on('upgrade', (req, socket, head) => {
      const url = this.#urlOf(req);
      if (url?.pathname !== ANNOUNCE_PATH) refuseUpgrade(socket, '404 Not Found');
      else if (parts.tokens?.accepts(url.searchParams.get('token')) === false) refuseUpgrade(socket, '403 Forbidden');
      else parts.tracker.upgrade(req, socket, head);
    });
  }

  /** @throws {Failure} naming the port or address that cannot be had, or whatever keeps the source from starting. */
  async listen(): Promise<void> {
    const { host, port, source } = this.parts;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (error) => reject(new Failure(listenFailure(error, host, port), { cause: error })));
      this.#http.listen(port, host, () => resolve());
    });
    this.#http.removeAllListeners('error');
    await source.start();
  }

  /** The URL of the page, with the port that the system gave. */
  get url(): string {
    return `${this.#scheme}://${urlHost(this.parts.host)}:${this.#port}/`;
  }

  get #port(): number {
    return (this.#http.address() as AddressInfo | null)?.port ?? this.parts.port;
  }

  /** Stops at once to take requests, and cuts those that are still running after `CLOSE_GRACE`. */
  async close(): Promise<void> {
    const sourceClosed = this.parts.source.close();
    this.parts.tracker.close();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeIdleConnections();
    const cut = setTimeout(() => this.#http.closeAllConnections(), CLOSE_GRACE);
    await Promise.all([closed, sourceClosed]);
    clearTimeout(cut);
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      allowAnyOrigin(req, res);
      const url = this.#urlOf(req);
      if (url === undefined) sendText(res, 400, 'bad request target');
      else if (req.method === 'OPTIONS') sendPreflight(req, res);
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
    const { source, page, counters, tracker, announce, tokens, ice } = this.parts;
    const { res, url } = exchange;
    if (url.pathname === '/stats.json')
      return sendJson(res, {
        ...counters,
        segmentsHashed: source.segmentsHashed,
        tracker: tracker.stats,
      });
    if (await source.handle(exchange)) return;
    if (page !== undefined) {
      if (url.pathname === '/config.json') {
        // It may hold credentials, for this page.
        allowNoOrigin(res);
        return sendJson(res, {
          manifest: '/manifest.m3u8',
          ...(tokens ? { announceList: ANNOUNCE_LIST_PATH } : { announce: announceUrls(announce, url) }),
          iceServers: iceServersFor(url.hostname, ice, announceUrls(announce, url)),
        });
      }
      if (tokens !== undefined && url.pathname === ANNOUNCE_LIST_PATH) {
        // For pages of this server only: others ask their own backend for a token.
        allowNoOrigin(res);
        return sendJson(res, {
          announce: announceUrls([], url).map((tracker) => `${tracker}?token=${tokens.issue()}`),
        });
      }
      const connect = [...(await source.segmentOrigins(url.origin)), ...announceUrls(announce, url)];
      if (await page.handle(exchange, connect)) return;
    }
    sendText(res, 404, `there is no ${url.pathname} here`);
  }

  /** With the scheme and authority that the client used; undefined for a target that is no URL. */
  #urlOf(req: IncomingMessage): URL | undefined {
    const authority = authorityOf(req.headers.host, `${urlHost(this.parts.host)}:${this.#port}`);
    const base = `${this.#scheme}://${authority}`;
    const target = req.url ?? '/';
    if (target.startsWith('/')) return URL.canParse(base + target) ? new URL(base + target) : undefined;
    // The absolute form, RFC 9112 §3.2.2: its authority has not been looked at as the Host header has.
    if (!URL.canParse(target)) return undefined;
    const { pathname, search } = new URL(target);
    return URL.canParse(base + pathname + search) ? new URL(base + pathname + search) : undefined;
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listenFailure(error: Error, host: string, port: number): string {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use: choose another with -p/--port`;
  if (code === 'EACCES') return `no permission for port ${port} on ${host}: choose another with -p/--port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `--host ${host} is not an address of this machine`;
  return `cannot listen on ${host}:${port}: ${reasonOf(error)}`;
}

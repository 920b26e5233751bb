import type { Readable } from 'node:stream';
import { checkLiteral, publicLookup } from '@live-torrent/manifest-magnetizer/node';
import { Agent, buildConnector, interceptors, request } from 'undici';
import { decodedBody } from './decoded-body.js';

/** Connections to one host. */
const CONNECTIONS = 16;
/** Until a connection is there, and until the next byte of an answer, ms. */
const CONNECT_TIMEOUT = 5000;
const IDLE_TIMEOUT = 20_000;
export const MAX_REDIRECTS = 5;

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Follow redirects; else they are answers. */
  readonly follow?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** The URL after redirects. */
  readonly url: string;
  /** By lower-case name; where a decoder was needed, without the length and coding of what was sent. */
  header(name: string): string | undefined;
  /** The body, decoded. To be read or destroyed. */
  readonly body: Readable;
}

/** Makes one HTTP request. Rejects when there is no answer. */
export type HttpClient = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/**
 * A client that connects to public addresses, and to no others but for `allowHosts`: what is checked is the address that is
 * connected to, at each redirect.
 *
 * Not the global `fetch`: that one sends `Sec-Fetch-Mode`, by which servers tell browsers, that is viewers, from the rest.
 * @param allowHosts Each `host`, for all its ports, or `host:port`.
 */
export function createHttpClient(allowHosts: readonly string[]): HttpClient {
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: connectorFor(new Set(allowHosts)),
    headersTimeout: IDLE_TIMEOUT,
    bodyTimeout: IDLE_TIMEOUT,
  });
  const following = agent.compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTS }));

  return async (url, { method = 'GET', headers = {}, signal, follow = true }) => {
    const response = await request(url, {
      method,
      signal,
      headers: { 'accept-encoding': 'identity', ...headers },
      dispatcher: follow ? following : agent,
    });
    // Whoever reads the body gets its errors; of one that is given up, nobody does.
    response.body.on('error', () => {});
    const coding = String(response.headers['content-encoding'] ?? '');
    const decoded = method === 'GET' ? decodedBody(response.body, coding) : undefined;
    const hidden = decoded === undefined ? [] : ['content-length', 'content-encoding', 'content-range'];
    const { history } = (response.context ?? {}) as { history?: URL[] };
    return {
      status: response.statusCode,
      url: history?.at(-1)?.href ?? url,
      header: (name) => (hidden.includes(name) ? undefined : response.headers[name]?.toString()),
      body: decoded ?? response.body,
    };
  };
}

function connectorFor(allowed: ReadonlySet<string>): buildConnector.connector {
  const toAnywhere = buildConnector({ timeout: CONNECT_TIMEOUT });
  const toPublic = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: publicLookup });
  return (target, callback) => {
    const { hostname, protocol } = target;
    const port = target.port || (protocol === 'https:' ? '443' : '80');
    if (allowed.has(hostname) || allowed.has(`${hostname}:${port}`)) return toAnywhere(target, callback);
    try {
      checkLiteral(hostname);
    } catch (error) {
      return callback(error as Error, null);
    }
    return toPublic(target, callback);
  };
}

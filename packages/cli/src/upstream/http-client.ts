import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from '../vendor/undici.js';
import { guardedConnector } from './address-guard.js';
import { decodedBody } from './decoded-body.js';
import type { UpstreamIdentity } from './upstream-identity.js';

/** Connections to one host. */
const CONNECTIONS = 16;
/** Until the next byte of an answer, ms. */
const IDLE_TIMEOUT = 20_000;
export const MAX_REDIRECTS = 5;
/** RFC 9110 §15.4, without 304, and without those that are obsolete. */
const REDIRECTS = new Set([300, 301, 302, 303, 307, 308]);

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD';
  /** For all hosts that redirects lead to. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Follow redirects; else they are answers. Default: true. */
  readonly follow?: boolean;
  /**
   * Who asks. Default `us`: with what the upstream knows us by. `anybody`: without it, as a page asks that has no business here. A viewer:
   * what stands here is sent to the URL's origin only, in place of ours, and what the answer wants to be remembered is not.
   */
  readonly as?: 'us' | 'anybody' | ViewerCredentials;
}

/** Values of headers that tell a viewer from others. */
export interface ViewerCredentials {
  readonly authorization?: string;
  readonly cookie?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** The URL after redirects, without user and password. */
  readonly url: string;
  /** By lower-case name; where a decoder was needed, without the length and coding of what was sent. */
  header(name: string): string | undefined;
  /** The body, decoded. To be read or destroyed. */
  readonly body: Readable;
}

/** Makes one HTTP request. Rejects when there is no answer. */
export type HttpClient = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/**
 * A client that connects to public addresses, and to no others but for `allowHosts`, at each redirect.
 *
 * Not the global `fetch`: that one sends `Sec-Fetch-Mode`, by which servers tell browsers, that is viewers, from the rest.
 */
export function createHttpClient(allowHosts: readonly string[], identity: UpstreamIdentity): HttpClient {
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    connect: guardedConnector(allowHosts),
    headersTimeout: IDLE_TIMEOUT,
    bodyTimeout: IDLE_TIMEOUT,
  });

  return async (asked, { method = 'GET', headers = {}, signal, follow = true, as = 'us' }) => {
    const first = identity.address(asked);
    const viewer = typeof as === 'object' ? as : undefined;
    for (let url = first, redirects = 0; ; redirects++) {
      const own = as === 'anybody' ? {} : identity.headersFor(url);
      const theirs = new URL(url).origin === new URL(first).origin ? viewer : undefined;
      const response = await request(url, {
        method,
        signal,
        headers: { 'accept-encoding': 'identity', ...own, ...theirs, ...headers },
        dispatcher,
      });
      if (as === 'us') identity.takeCookies(url, [response.headers['set-cookie'] ?? []].flat());
      const next = follow && redirects < MAX_REDIRECTS ? targetOf(response, url) : undefined;
      if (next === undefined) return answerOf(response, url, method);
      // What is left of it is not worth an error.
      await response.body.dump().catch(() => {});
      url = identity.address(next);
    }
  };
}

/** Where a redirect leads; undefined for any other answer. @throws {TypeError} where that is no http(s) URL. */
function targetOf({ statusCode, headers }: Dispatcher.ResponseData, url: string): string | undefined {
  const location = headers.location?.toString();
  if (!REDIRECTS.has(statusCode) || location === undefined) return undefined;
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:') {
    throw new TypeError(`it redirects to ${target?.protocol ?? 'what is no'} URL`);
  }
  target.hash = '';
  return target.href;
}

function answerOf(response: Dispatcher.ResponseData, url: string, method: string): HttpAnswer {
  // Whoever reads the body gets its errors; of one that is given up, nobody does.
  response.body.on('error', () => {});
  const coding = String(response.headers['content-encoding'] ?? '');
  const decoded = method === 'GET' ? decodedBody(response.body, coding) : undefined;
  const hidden = decoded === undefined ? [] : ['content-length', 'content-encoding', 'content-range'];
  return {
    status: response.statusCode,
    url,
    header: (name) => (hidden.includes(name) ? undefined : response.headers[name]?.toString()),
    body: decoded ?? response.body,
  };
}

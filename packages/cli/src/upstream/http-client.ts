import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, interceptors, request } from 'undici';

/** Connections to one host. */
const CONNECTIONS = 16;
/** Until a connection is there, and until the next byte of an answer, ms. */
const CONNECT_TIMEOUT = 5000;
const IDLE_TIMEOUT = 20_000;
const MAX_REDIRECTS = 5;

const DECODERS = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/**
 * Not the global `fetch`: that one sends `Sec-Fetch-Mode`, by which servers tell browsers, that is viewers, from the rest.
 */
const agent = new Agent({
  connections: CONNECTIONS,
  connect: { timeout: CONNECT_TIMEOUT },
  headersTimeout: IDLE_TIMEOUT,
  bodyTimeout: IDLE_TIMEOUT,
});
const following = agent.compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTS }));

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

/** One HTTP request. Rejects when there is no answer. */
export async function httpRequest(
  url: string,
  { method = 'GET', headers = {}, signal, follow = true }: HttpRequest,
): Promise<HttpAnswer> {
  const response = await request(url, {
    method,
    signal,
    headers: { 'accept-encoding': 'identity', ...headers },
    dispatcher: follow ? following : agent,
  });
  // Whoever reads the body gets its errors; of one that is given up, nobody does.
  response.body.on('error', () => {});
  const coding = String(response.headers['content-encoding'] ?? '').toLowerCase();
  const decoder = method === 'GET' && coding in DECODERS ? DECODERS[coding as keyof typeof DECODERS]() : undefined;
  const hidden = decoder === undefined ? [] : ['content-length', 'content-encoding', 'content-range'];
  const { history } = (response.context ?? {}) as { history?: URL[] };
  return {
    status: response.statusCode,
    url: history?.at(-1)?.href ?? url,
    header: (name) => (hidden.includes(name) ? undefined : response.headers[name]?.toString()),
    body: decoder === undefined ? response.body : pipeline(response.body, decoder, () => {}),
  };
}

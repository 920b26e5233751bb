import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { contentCodings } from '../http/content-codings.js';
import { splitUserInfo } from '../http/user-info.js';
import type { ReadOptions, SegmentData, SegmentReference, ValidatingReader } from '../magnetizer/segment-reader.js';
import { parseUrl } from '../playlist/parse-url.js';
import { redactUrl } from '../redact-url.js';
import { checkLiteral, ForbiddenAddressError, publicLookup } from './addresses.js';
import { readBody } from './body.js';

/** A segment could not be had over HTTP. Its message has the URL without secrets. */
export class HttpReadError extends Error {
  override readonly name = 'HttpReadError';
  /** HTTP status; 0 where the answer itself was wrong. */
  readonly status: number;
  constructor(reason: string, status: number, url: string) {
    super(`${reason}: ${redactUrl(url)}`);
    this.status = status;
  }
}

export interface HttpReaderOptions {
  /** Hosts that may have addresses that are not public, each `host` or `host:port`. Default: none. */
  readonly allowHosts?: readonly string[];
  /** Headers to send with a request for this URL, such as credentials; redirects are asked about anew. Default: none. */
  readonly headers?: (url: string) => Record<string, string>;
  /** Connections to one host. Default 8. */
  readonly connections?: number;
  /** A connection is given up after so long, ms. Default 5,000. */
  readonly connectTimeout?: number;
  /** An answer that stands still for so long is given up, ms. Default 10,000. */
  readonly idleTimeout?: number;
  /** Tries after a failed connection, 429 or 5xx. Default 2. */
  readonly retries?: number;
  /** The wait before the first of them, ms; it doubles, with jitter. Default 200. */
  readonly retryDelay?: number;
}

/** A reader that holds connections. */
export interface HttpReader extends ValidatingReader {
  /** Ends its connections, running reads included. */
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;

/**
 * Reads segments over HTTP, with a connection pool of its own. Addresses that are not public are refused, redirects included,
 * except for `allowHosts`. A byte range must be answered with 206 and just that range, and a body must be as long as it says. User and
 * password in a URL become an Authorization header for its origin.
 */
export function httpReader(options: HttpReaderOptions = {}): HttpReader {
  const { allowHosts = [], headers = () => ({}), retries = 2, retryDelay = 200, idleTimeout = 10_000 } = options;
  const allowed = new Set(allowHosts.map((host) => host.toLowerCase()));
  const timeout = options.connectTimeout ?? 5_000;
  const toAnywhere = buildConnector({ timeout });
  const toPublic = buildConnector({ timeout, lookup: publicLookup });
  const agent = new Agent({
    connections: options.connections ?? 8,
    headersTimeout: idleTimeout,
    bodyTimeout: idleTimeout,
    connect: (target, callback) => {
      if (allowed.has(target.hostname) || allowed.has(`${target.hostname}:${target.port}`)) {
        return toAnywhere(target, callback);
      }
      try {
        checkLiteral(target.hostname);
      } catch (error) {
        return callback(error as Error, null);
      }
      return toPublic(target, callback);
    },
  });

  /** One request, redirects followed; the final answer. */
  async function ask(
    method: 'GET' | 'HEAD',
    segment: SegmentReference,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let { url } = segment;
    const credentials = credentialsOf(segment);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { byteRange } = segment;
      const range = byteRange && { range: `bytes=${byteRange.offset}-${byteRange.offset + byteRange.length - 1}` };
      const { url: target } = splitUserInfo(url);
      const response = await request(target, {
        method,
        dispatcher: agent,
        signal,
        headers: {
          ...credentials(url),
          ...headers(target),
          'accept-encoding': 'identity',
          ...(method === 'GET' ? range : {}),
        },
      });
      const { location } = response.headers;
      if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string') return response;
      await response.body.dump();
      const next = parseUrl(location, url);
      if (!next) throw new HttpReadError(`redirected to ${redactUrl(location)}`, 0, url);
      if (!/^https?:$/.test(next.protocol)) throw new HttpReadError(`redirected to ${next.protocol}`, 0, url);
      url = next.href;
    }
    throw new HttpReadError(`more than ${MAX_REDIRECTS} redirects`, 0, segment.url);
  }

  async function read(segment: SegmentReference, { signal, maxLength }: ReadOptions): Promise<SegmentData> {
    const response = await ask('GET', segment, signal);
    const problem = problemWith(response, segment);
    if (problem !== undefined) {
      await response.body.dump();
      throw new HttpReadError(problem, response.statusCode, segment.url);
    }
    const { 'content-encoding': encoding, 'content-length': length } = response.headers;
    const bytes = await readBody(response.body, encoding, maxLength).catch(async (error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
      await response.body.dump();
      throw new HttpReadError(error.message, 0, segment.url);
    });
    const said = segment.byteRange?.length ?? (contentCodings(encoding).length > 0 ? undefined : length);
    if (said !== undefined && Number(said) !== bytes.length) {
      throw new HttpReadError(`${bytes.length} bytes instead of ${said}`, 0, segment.url);
    }
    return { bytes, validator: validatorOf(response) };
  }

  return {
    async readSegment(segment, readOptions) {
      for (let tries = 0; ; tries++) {
        try {
          return await read(segment, readOptions);
        } catch (error) {
          if (tries >= retries || readOptions.signal.aborted || !isTransient(error)) throw error;
          await sleep(retryDelay * 2 ** tries * (0.5 + Math.random()), undefined, { signal: readOptions.signal });
        }
      }
    },

    async validateSegment(segment, { signal }) {
      const response = await ask('HEAD', segment, signal);
      await response.body.dump();
      return response.statusCode === 200 ? validatorOf(response) : undefined;
    },

    close: () => agent.destroy(),
  };
}

/** Why an answer does not have the segment's bytes; undefined where it does. */
function problemWith(
  { statusCode, headers }: Dispatcher.ResponseData,
  { byteRange }: SegmentReference,
): string | undefined {
  if (!byteRange && statusCode !== 200) return `status ${statusCode} instead of 200`;
  // A body that ends with its connection may have ended early (RFC 9112 §8): nobody can tell.
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    return 'neither Content-Length nor Transfer-Encoding says where the body ends';
  }
  if (!byteRange) return undefined;
  if (statusCode !== 206) return `status ${statusCode} instead of 206`;
  const codings = contentCodings(headers['content-encoding']);
  if (codings.length > 0) return `a byte range of something encoded (Content-Encoding: ${codings.join(', ')})`;
  const { offset, length } = byteRange;
  const wanted = `bytes ${offset}-${offset + length - 1}/`;
  const range = headers['content-range'];
  return typeof range === 'string' && range.startsWith(wanted) ? undefined : `${range} instead of ${wanted}`;
}

function validatorOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  const { etag, 'last-modified': modified, 'content-length': length, 'content-range': range } = headers;
  if (typeof etag === 'string') return etag;
  if (typeof modified !== 'string') return undefined;
  const total = statusCode === 206 ? String(range).split('/')[1] : length;
  return `${modified} ${total}`;
}

/** User and password of a segment's URL, or of its playlist's, go to the origin that they were written for, and to no other. */
function credentialsOf({ url, playlistUrl }: SegmentReference): (url: string) => Record<string, string> {
  const written = [url, playlistUrl].filter((one) => parseUrl(one)).map(splitUserInfo);
  return (target) => {
    const { origin } = new URL(target);
    const own = written.find((one) => one.authorization !== undefined && new URL(one.url).origin === origin);
    return own?.authorization === undefined ? {} : { authorization: own.authorization };
  };
}

function isTransient(error: unknown): boolean {
  if (error instanceof ForbiddenAddressError || error instanceof RangeError) return false;
  if (error instanceof HttpReadError) return error.status === 429 || error.status >= 500;
  return true;
}

import { ForbiddenAddressError } from '@live-torrent/manifest-magnetizer/node';
import { reasonOf } from '../errors.js';
import { type HttpAnswer, type HttpClient, type HttpRequest, MAX_REDIRECTS } from './http-client.js';

/** Until the first byte of a segment, and until its last one, ms. */
export const SEGMENT_TIMEOUT = 60_000;

/** Statuses below 500 that ask to try again (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const PASSING = new Set([408, 425, 429]);

/** What the upstream said instead of what it was asked for, as it is relayed to the viewer. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  /** The upstream asks, by its status, to try again. */
  readonly passing: boolean;

  /** @param status The upstream's status code, or 502 when it could not be reached or said something that makes no sense. */
  constructor(
    readonly status: number,
    readonly url: string,
    text: string,
    options?: ErrorOptions & { readonly passing?: boolean },
  ) {
    super(`${withoutQuery(url)}: ${text}`, options);
    this.passing = options?.passing ?? false;
  }

  /** The upstream did not answer at all. */
  get unreachable(): boolean {
    return this.cause !== undefined;
  }
}

/**
 * Fetches from the upstream, following redirects.
 * @throws {UpstreamError} when it is unreachable or its status is no success; 304 is one where it was asked for.
 */
export async function fetchUpstream(client: HttpClient, url: string, options: HttpRequest): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await client(url, options);
  } catch (error) {
    const remedy = error instanceof ForbiddenAddressError ? ' (--allow-host HOST)' : '';
    throw new UpstreamError(502, url, `cannot be reached: ${reasonOf(error)}${remedy}`, { cause: error });
  }
  const { status } = answer;
  const conditional = ['If-None-Match', 'If-Modified-Since'].some((name) => name in (options.headers ?? {}));
  if ((status >= 200 && status < 300) || (status === 304 && conditional)) return answer;
  answer.body.destroy();
  if (status >= 400) {
    throw new UpstreamError(status, url, `answered ${status}`, { passing: status >= 500 || PASSING.has(status) });
  }
  const led = status > 300 && status < 309 && status !== 304 && answer.header('location') !== undefined;
  throw new UpstreamError(502, url, led ? `redirects more than ${MAX_REDIRECTS} times` : `answered ${status}`);
}

/** @throws {UpstreamError} when it breaks off or is longer than `limit` bytes. */
export async function readBody(answer: HttpAnswer, url: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyChunks(answer, url, limit)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The body as it comes. @throws {UpstreamError} when it breaks off or is longer than `limit` bytes. */
export async function* bodyChunks(answer: HttpAnswer, url: string, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > limit) throw new UpstreamError(502, url, `is longer than ${limit} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    throw new UpstreamError(502, url, `broke off: ${reasonOf(error)}`, { cause: error });
  }
}

/** For messages: queries may hold tokens. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '');
}

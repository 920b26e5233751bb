import { ForbiddenAddressError } from '@live-torrent/manifest-magnetizer/node';
import { reasonOf } from '../errors.js';
import { type HttpAnswer, type HttpClient, type HttpRequest, MAX_REDIRECTS } from './http-client.js';
import { UpstreamError } from './upstream-error.js';

/** Headers by which somebody asks whether what it has still stands (RFC 9110 §13.1). */
const CONDITIONS = new Set(['if-none-match', 'if-modified-since']);

/**
 * Fetches from the upstream, following redirects.
 * @throws {UpstreamError} when it is unreachable or its status is no success; 304 is one where it was asked for.
 */
export async function fetchUpstream(client: HttpClient, url: string, options: HttpRequest): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await client(url, options);
  } catch (error) {
    const remedy = error instanceof ForbiddenAddressError ? ' (--allow-host HOST:PORT)' : '';
    throw new UpstreamError(502, url, 'cannot be reached', { cause: error, detail: `: ${reasonOf(error)}${remedy}` });
  }
  const { status } = answer;
  const conditional = Object.keys(options.headers ?? {}).some((name) => CONDITIONS.has(name.toLowerCase()));
  if ((status >= 200 && status < 300) || (status === 304 && conditional)) return answer;
  answer.body.destroy();
  if (status >= 400) throw new UpstreamError(status, url, `answered ${status}`, { answered: true });
  const led = status > 300 && status < 309 && status !== 304 && answer.header('location') !== undefined;
  throw new UpstreamError(502, url, led ? `redirects more than ${MAX_REDIRECTS} times` : `answered ${status}`);
}

/** @throws {UpstreamError} when it breaks off or is longer than `limit` bytes. */
export async function readBody(answer: HttpAnswer, url: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(answer, url)) {
    length += chunk.length;
    if (length > limit) throw new UpstreamError(502, url, `is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The body as it comes. @throws {UpstreamError} when it breaks off. */
export async function* bodyChunks({ body }: HttpAnswer, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new UpstreamError(502, url, 'broke off', { cause: error, detail: `: ${reasonOf(error)}` });
  }
}

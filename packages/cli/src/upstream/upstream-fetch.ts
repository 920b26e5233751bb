import { reasonOf } from '../errors.js';
import { type HttpAnswer, type HttpRequest, httpRequest } from './http-client.js';

/** Until the last byte of a playlist, ms; a blocking reload (rfc8216bis §6.2.5.2) takes up to three target durations. */
const PLAYLIST_TIMEOUT = 30_000;
/** Until the first byte of a segment, and until its last one, ms. */
export const SEGMENT_TIMEOUT = 60_000;

/** What the upstream said instead of what it was asked for, as it is relayed to the viewer. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  /** @param status The upstream's status code, or 502 when it could not be reached or said something that makes no sense. */
  constructor(
    readonly status: number,
    readonly url: string,
    text: string,
    options?: ErrorOptions,
  ) {
    super(`${withoutQuery(url)}: ${text}`, options);
  }

  /** The upstream did not answer at all. */
  get unreachable(): boolean {
    return this.cause !== undefined;
  }
}

/**
 * Fetches from the upstream, following redirects.
 * @throws {UpstreamError} when it is unreachable or its status is no success.
 */
export async function fetchUpstream(url: string, options: HttpRequest): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await httpRequest(url, options);
  } catch (error) {
    throw new UpstreamError(502, url, `cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
  if (answer.status >= 200 && answer.status < 300) return answer;
  answer.body.destroy();
  throw new UpstreamError(answer.status < 400 ? 502 : answer.status, url, `answered ${answer.status}`);
}

/** A playlist as it came, with the URL that it came from after redirects. */
export interface UpstreamPlaylist {
  readonly url: string;
  readonly bytes: Uint8Array;
}

/** @throws {UpstreamError} also when what comes is no playlist. */
export async function fetchPlaylist(url: string, limit: number): Promise<UpstreamPlaylist> {
  const signal = AbortSignal.timeout(PLAYLIST_TIMEOUT);
  const answer = await fetchUpstream(url, { signal });
  const bytes = await readBody(answer, url, limit);
  const start = Buffer.from(bytes.subarray(0, 10)).toString('latin1');
  if (!/^(?:\xef\xbb\xbf)?#EXTM3U/.test(start)) throw new UpstreamError(502, url, 'is not an HLS playlist');
  return { url: answer.url, bytes };
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

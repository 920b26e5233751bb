import { bypassWorker } from '@live-torrent/sw-proxy/protocol';
import type { ByteRange } from '../segment-source.js';

/** The origin did not give the segment. */
export class OriginError extends Error {
  override readonly name = 'OriginError';
  constructor(
    readonly url: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    reason: string,
  ) {
    super(`${url}: ${reason}`);
  }
}

export interface OriginFetchOptions {
  readonly url: string;
  readonly range: ByteRange | undefined;
  /** Bytes that the segment has, by its magnet. */
  readonly length: number;
  readonly fetch: typeof fetch;
  /** Headers, credentials and the like for this URL. */
  readonly init: RequestInit;
  readonly signal: AbortSignal;
  /** The first `received` bytes of `buffer` are the segment's. */
  onBytes(buffer: Uint8Array, received: number): void;
}

export interface OriginResponse {
  readonly bytes: Uint8Array;
  readonly contentType: string | undefined;
}

/**
 * One streaming GET of one segment, with `Range` only where the playlist gave a byte range.
 * @throws OriginError when the answer is no 200 (206 for a range), or has another length than the magnet says.
 * @throws AbortError (DOMException) when `signal` says so.
 */
export async function fetchFromOrigin(options: OriginFetchOptions): Promise<OriginResponse> {
  const { url, range, length, signal } = options;
  const headers = new Headers(options.init.headers);
  if (range) headers.set('Range', `bytes=${range.offset}-${range.offset + range.length - 1}`);
  let response: Response;
  try {
    // Its own requests must not come back to it through the page's service worker.
    response = await options.fetch(bypassWorker(url), { ...options.init, headers, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new OriginError(url, 0, error instanceof Error ? error.message : 'no answer');
  }
  if (response.status !== (range ? 206 : 200)) {
    await response.body?.cancel();
    throw new OriginError(url, response.status, `status ${response.status}`);
  }
  const buffer = new Uint8Array(length);
  let received = 0;
  try {
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      if (received + value.byteLength > length) {
        await reader.cancel();
        throw new OriginError(url, response.status, `more than the ${length} bytes that its magnet names`);
      }
      buffer.set(value, received);
      received += value.byteLength;
      options.onBytes(buffer, received);
    }
  } catch (error) {
    if (signal.aborted || error instanceof OriginError) throw error;
    throw new OriginError(url, 0, error instanceof Error ? error.message : 'connection lost');
  }
  if (received !== length) throw new OriginError(url, response.status, `${received} bytes instead of ${length}`);
  return { bytes: buffer, contentType: response.headers.get('content-type') ?? undefined };
}

import { bypassWorker } from '@live-torrent/sw-proxy/protocol';
import type { ByteRange } from '../segment-source.js';
import type { Run } from './origin-runs.js';

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
  /** Where the segment lies in the resource, when the playlist says so. */
  readonly range: ByteRange | undefined;
  /** The part of the segment that is asked for; undefined: all of it. */
  readonly run: Run | undefined;
  /** Takes the bytes: as long as the segment is, by its magnet. */
  readonly buffer: Uint8Array;
  readonly fetch: typeof fetch;
  /** Headers, credentials and the like for this URL. */
  readonly init: RequestInit;
  readonly signal: AbortSignal;
  /** The answer's Content-Type, before its bytes; not called when it has none. */
  onContentType(contentType: string): void;
  /** The segment's bytes `[from, to)` are in the buffer, the last `fresh` of them since the last call. */
  onBytes(bytes: Run, fresh: number): void;
}

export interface OriginResponse {
  /** What the answer brought: more than was asked for from a host that ignores Range. */
  readonly run: Run;
  /** It says that it takes Range requests (RFC 9110 §14.3), as far as CORS lets that be read. */
  readonly acceptsRanges: boolean;
}

/**
 * One streaming GET of one segment or a part of it, with `Range` only for a part or where the playlist gave a byte range.
 * A host that answers a Range for a part by the whole (200) is taken at its word.
 * @throws OriginError when the answer is no 200 (206 for a range), or has another length than the magnet says.
 * @throws AbortError (DOMException) when `signal` says so.
 */
export async function fetchFromOrigin(options: OriginFetchOptions): Promise<OriginResponse> {
  const { url, range, buffer, signal } = options;
  const whole: Run = { from: 0, to: buffer.byteLength };
  const { from, to } = options.run ?? whole;
  const headers = new Headers(options.init.headers);
  const offset = range?.offset ?? 0;
  if (range || options.run) headers.set('Range', `bytes=${offset + from}-${offset + to - 1}`);
  let response: Response;
  try {
    // Its own requests must not come back to it through the page's service worker.
    response = await options.fetch(bypassWorker(url), { ...options.init, headers, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new OriginError(url, 0, reasonOf(error, 'no answer'));
  }
  const { status } = response;
  const partial = status === 206 && headers.has('Range');
  if (!partial && (status !== 200 || range)) {
    await response.body?.cancel();
    throw new OriginError(url, status, `status ${status}`);
  }
  const contentType = response.headers.get('content-type');
  if (contentType !== null) options.onContentType(contentType);
  const run = partial ? { from, to } : whole;
  let at = run.from;
  try {
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.byteLength > run.to) {
        await reader.cancel();
        throw new OriginError(url, status, `more than the ${run.to - run.from} bytes that its magnet names`);
      }
      buffer.set(value, at);
      at += value.byteLength;
      options.onBytes({ from: run.from, to: at }, value.byteLength);
    }
  } catch (error) {
    if (signal.aborted || error instanceof OriginError) throw error;
    throw new OriginError(url, 0, reasonOf(error, 'connection lost'));
  }
  if (at !== run.to) throw new OriginError(url, status, `${at - run.from} bytes instead of ${run.to - run.from}`);
  return { run, acceptsRanges: partial || response.headers.get('accept-ranges') === 'bytes' };
}

/** What an error says; `otherwise` for what is none. */
export const reasonOf = (error: unknown, otherwise: string): string =>
  error instanceof Error ? error.message : otherwise;

import { bypassWorker } from '@live-torrent/sw-proxy/protocol';
import { OriginError, reasonOf } from '../origin/origin-fetch.js';
import { SilenceWatch } from '../origin/silence-watch.js';
import type { ByteRange, OriginRequestOf, TransferTiming } from '../segment-source.js';

/** The origin's answer to a request for a part. */
export interface FetchedPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string | undefined;
  readonly timing: TransferTiming;
}

/**
 * One GET of a part, whose length the playlist says only where it is a byte range.
 * @throws OriginError when the answer is no 200 (206 for a range), or has another length than the range
 * @throws AbortError (DOMException) when `signal` says so
 */
export async function fetchPart(
  url: string,
  range: ByteRange | undefined,
  { fetch, now, originRequest }: { fetch: typeof globalThis.fetch; now: () => number; originRequest: OriginRequestOf },
  wanted: AbortSignal,
): Promise<FetchedPart> {
  const watch = new SilenceWatch(wanted);
  try {
    const request = await originRequest(url);
    const headers = new Headers(request.init.headers);
    if (range) headers.set('Range', `bytes=${range.offset}-${range.offset + range.length - 1}`);
    const start = now();
    const { signal } = watch;
    const response = await fetch(bypassWorker(request.url), { ...request.init, headers, signal });
    const firstByte = now();
    watch.heard();
    const { status } = response;
    if (status !== (range ? 206 : 200)) throw new OriginError(url, status, `status ${status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.byteLength === 0 || (range && bytes.byteLength !== range.length))
      throw new OriginError(url, status, `${bytes.byteLength} bytes`);
    const contentType = response.headers.get('content-type') ?? undefined;
    return { bytes, contentType, timing: { start, firstByte, end: now() } };
  } catch (error) {
    if (wanted.aborted || error instanceof OriginError) throw error;
    throw new OriginError(url, 0, reasonOf(error, 'no answer'));
  } finally {
    watch.end();
  }
}

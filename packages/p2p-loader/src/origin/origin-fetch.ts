import { bypassWorker } from '@live-torrent/sw-proxy/protocol';
import type { ByteRange, OriginRequest } from '../segment-source.js';
import type { Run } from './origin-runs.js';
import { SilenceWatch } from './silence-watch.js';

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
  /** The playlist's. */
  readonly url: string;
  /** What is sent for it. */
  readonly request: OriginRequest;
  /** Where the segment lies in the resource, when the playlist says so. */
  readonly range: ByteRange | undefined;
  /** The part of the segment that is asked for; undefined: all of it. */
  readonly run: Run | undefined;
  /** Takes the bytes: as long as the segment is, by its magnet. */
  readonly buffer: Uint8Array;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** The answer has begun. */
  onAnswer(answer: OriginAnswer): void;
  /** The segment's bytes `[from, to)` are in the buffer, the last `fresh` of them since the last call; the last ones once the answer has ended. */
  onBytes(bytes: Run, fresh: number): void;
}

export interface OriginAnswer {
  readonly contentType: string | undefined;
  /** Its Content-Length is as it should be: where it breaks off, the browser says so to whoever asks. */
  readonly isSized: boolean;
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
 * @throws OriginError when the answer is no 200 (206 for a range), is of another range (RFC 9110 §14.4), has another length than the magnet says, or brings no byte
 * for `SILENCE_MS`.
 * @throws AbortError (DOMException) when `signal` says so.
 */
export async function fetchFromOrigin(options: OriginFetchOptions): Promise<OriginResponse> {
  const watch = new SilenceWatch(options.signal);
  try {
    return await ask(options, watch);
  } finally {
    watch.end();
  }
}

async function ask(options: OriginFetchOptions, watch: SilenceWatch): Promise<OriginResponse> {
  const { url, request, range, buffer, signal } = options;
  const whole: Run = { from: 0, to: buffer.byteLength };
  const { from, to } = options.run ?? whole;
  const headers = new Headers(request.init.headers);
  const offset = range?.offset ?? 0;
  if (range || options.run) headers.set('Range', `bytes=${offset + from}-${offset + to - 1}`);
  let response: Response;
  try {
    // Its own requests must not come back to it through the page's service worker.
    response = await options.fetch(bypassWorker(request.url), { ...request.init, headers, signal: watch.signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new OriginError(url, 0, reasonOf(error, 'no answer'));
  }
  const { status } = response;
  const refuse = async (reason: string): Promise<never> => {
    if (!response.bodyUsed) await response.body?.cancel();
    throw new OriginError(url, status, reason);
  };
  const partial = status === 206 && headers.has('Range');
  if (!partial && (status !== 200 || range)) await refuse(`status ${status}`);
  const run = partial ? { from, to } : whole;
  const expected = run.to - run.from;
  // Cross-origin it is only read where the host exposes it.
  const given = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (partial && given) {
    const [, first, last, total] = given.map(Number);
    const isOther = first !== offset + from || last !== offset + to - 1;
    if (isOther || (!range && total !== buffer.byteLength && given[3] !== '*')) await refuse(given[0]);
  }
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  // That of a compressed body may be another one, and cross-origin nobody sees that it is compressed.
  if (length > expected && response.type !== 'cors' && !response.headers.has('content-encoding'))
    await refuse(`more than the ${expected} bytes that its magnet names`);
  options.onAnswer({ contentType: response.headers.get('content-type') ?? undefined, isSized: length === expected });
  let at = run.from;
  let last = 0;
  try {
    const reader = response.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      watch.heard();
      if (at + value.byteLength > run.to) {
        await reader.cancel();
        await refuse(`more than the ${expected} bytes that its magnet names`);
      }
      buffer.set(value, at);
      at += value.byteLength;
      // What would make it whole waits for the answer's end: there may be more.
      if (at < run.to) options.onBytes({ from: run.from, to: at }, value.byteLength);
      else last += value.byteLength;
    }
  } catch (error) {
    if (signal.aborted || error instanceof OriginError) throw error;
    throw new OriginError(url, 0, reasonOf(error, 'connection lost'));
  }
  if (at !== run.to) await refuse(`${at - run.from} bytes instead of ${expected}`);
  if (last > 0) options.onBytes(run, last);
  return { run, acceptsRanges: partial || response.headers.get('accept-ranges') === 'bytes' };
}

/** What an error says; `otherwise` for what is none. */
export const reasonOf = (error: unknown, otherwise: string): string =>
  error instanceof Error ? error.message : otherwise;

import { LRUCache } from 'lru-cache';
import type { Counters } from '../source.js';
import { SharedRead } from './shared-read.js';
import { bodyChunks, fetchUpstream, readBody, SEGMENT_TIMEOUT, UpstreamError } from './upstream-fetch.js';

/** Segments that are kept so that hashing and serving share one reading, bytes. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Feeds reuse names with other bytes: nothing is kept longer, ms. */
const CACHE_TTL = 30_000;
/** Longer segments are refused, bytes. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** A segment with the headers that tell its version and type. */
export interface FetchedSegment {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** ETag or Last-Modified, with the length; undefined when the upstream has neither. */
  readonly validator: string | undefined;
}

/** A segment that may still be arriving. */
export interface ArrivingSegment {
  readonly type: string;
  /** Content-Length, bytes, if the upstream told it. */
  readonly length: number | undefined;
  readonly read: SharedRead;
  /** All of it. Rejects with UpstreamError. */
  readonly whole: Promise<FetchedSegment>;
}

/** Reads each segment once from the upstream, whether it is for hashing, for a viewer, or for many. */
export class SegmentFetcher {
  readonly #arriving = new Map<string, Promise<ArrivingSegment>>();
  readonly #kept = new LRUCache<string, FetchedSegment>({
    maxSize: CACHE_BYTES,
    ttl: CACHE_TTL,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  });

  constructor(readonly counters: Counters) {}

  /** The segment if it is here as a whole. */
  kept(url: string): FetchedSegment | undefined {
    return this.#kept.get(url);
  }

  /** The whole segment. @throws {UpstreamError} */
  async fetch(url: string): Promise<FetchedSegment> {
    const kept = this.#kept.get(url);
    if (kept !== undefined) return kept;
    return (await this.arriving(url)).whole;
  }

  /** The segment as it comes; those who ask while it is coming get the same bytes. @throws {UpstreamError} */
  arriving(url: string): Promise<ArrivingSegment> {
    const running = this.#arriving.get(url);
    if (running !== undefined) return running;
    const arriving = this.#start(url);
    this.#arriving.set(url, arriving);
    arriving
      .then(({ whole }) => whole)
      .then(
        () => this.#arriving.delete(url),
        () => this.#arriving.delete(url),
      );
    return arriving;
  }

  /** A byte range, by RFC 9110 §14. @throws {UpstreamError} when the upstream does not give exactly it. */
  async fetchRange(url: string, offset: number, length: number): Promise<FetchedSegment> {
    const signal = AbortSignal.timeout(SEGMENT_TIMEOUT);
    const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
    const response = await fetchUpstream(url, { headers, signal });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new UpstreamError(502, url, `answered ${response.status} to a Range request`);
    }
    const bytes = await readBody(response, url, Math.min(length, MAX_SEGMENT_BYTES));
    this.counters.upstreamBytesRead += bytes.length;
    return { bytes, type: typeOf(response), validator: validatorOf(response.headers) };
  }

  /** The present validator, without reading the segment; undefined when there is none. @throws {UpstreamError} */
  async validator(url: string, signal: AbortSignal): Promise<string | undefined> {
    const response = await fetch(url, { method: 'HEAD', headers: { 'Accept-Encoding': 'identity' }, signal });
    return response.ok ? validatorOf(response.headers) : undefined;
  }

  async #start(url: string): Promise<ArrivingSegment> {
    const response = await fetchUpstream(url, { signal: AbortSignal.timeout(SEGMENT_TIMEOUT) });
    const type = typeOf(response);
    const read = new SharedRead(bodyChunks(response, url, MAX_SEGMENT_BYTES));
    const whole = read.whole.then((bytes) => {
      const fetched = { bytes, type, validator: validatorOf(response.headers) };
      this.counters.upstreamBytesRead += bytes.length;
      this.#kept.set(url, fetched);
      return fetched;
    });
    whole.catch(() => {});
    return { type, length: lengthOf(response), read, whole };
  }
}

function typeOf(response: Response): string {
  return response.headers.get('content-type') ?? 'application/octet-stream';
}

function lengthOf({ headers }: Response): number | undefined {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  // Node's fetch decodes what comes encoded although it was not asked for; the length is then another.
  return Number.isSafeInteger(length) && headers.get('content-encoding') === null ? length : undefined;
}

function validatorOf(headers: Headers): string | undefined {
  const version = headers.get('etag') ?? headers.get('last-modified');
  return version === null ? undefined : `${version} ${headers.get('content-range') ?? headers.get('content-length')}`;
}

import type { Counters } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { SharedRead } from './shared-read.js';
import { bodyChunks, fetchUpstream, readBody, SEGMENT_TIMEOUT, UpstreamError } from './upstream-fetch.js';

/** Segments that are kept so that hashing and serving share one reading, bytes. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Feeds reuse names with other bytes: nothing is kept longer, ms. */
const CACHE_TTL = 30_000;
/** What viewers may keep of an upstream that says nothing about it. */
const CACHE_CONTROL = `public, max-age=${CACHE_TTL / 1000}`;
/** Longer segments are refused, bytes. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** A segment with the headers that tell its version and type. */
export interface FetchedSegment {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly cacheControl: string;
  /** ETag or Last-Modified, with the length; undefined when the upstream has neither. */
  readonly validator: string | undefined;
}

/** A segment that may still be arriving. */
export interface ArrivingSegment {
  readonly type: string;
  readonly cacheControl: string;
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

  constructor(
    readonly client: HttpClient,
    readonly counters: Counters,
  ) {}

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
    const done = (): void => {
      if (this.#arriving.get(url) === arriving) this.#arriving.delete(url);
    };
    arriving
      .then(({ whole }) => whole)
      .then((fetched) => {
        if (this.#arriving.get(url) === arriving) this.#kept.set(url, fetched);
      })
      .then(done, done);
    return arriving;
  }

  /** The URL stands for other bytes from now on. */
  forget(url: string): void {
    this.#kept.delete(url);
    this.#arriving.delete(url);
  }

  /** A byte range, by RFC 9110 §14. @throws {UpstreamError} when the upstream does not give exactly it. */
  async fetchRange(url: string, offset: number, length: number): Promise<FetchedSegment> {
    const signal = AbortSignal.timeout(SEGMENT_TIMEOUT);
    const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
    const answer = await fetchUpstream(this.client, url, { headers, signal });
    if (answer.status !== 206) {
      answer.body.destroy();
      throw new UpstreamError(502, url, `answered ${answer.status} to a Range request`);
    }
    const bytes = await readBody(answer, url, Math.min(length, MAX_SEGMENT_BYTES));
    this.counters.upstreamBytesRead += bytes.length;
    return { bytes, type: typeOf(answer), cacheControl: cacheControlOf(answer), validator: validatorOf(answer) };
  }

  /** The present validator, without reading the segment; undefined when there is none. @throws {UpstreamError} */
  async validator(url: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.client(url, { method: 'HEAD', signal });
    answer.body.destroy();
    return answer.status === 200 ? validatorOf(answer) : undefined;
  }

  async #start(url: string): Promise<ArrivingSegment> {
    const answer = await fetchUpstream(this.client, url, { signal: AbortSignal.timeout(SEGMENT_TIMEOUT) });
    const [type, cacheControl] = [typeOf(answer), cacheControlOf(answer)];
    const read = new SharedRead(bodyChunks(answer, url, MAX_SEGMENT_BYTES));
    const whole = read.whole.then((bytes) => {
      this.counters.upstreamBytesRead += bytes.length;
      return { bytes, type, cacheControl, validator: validatorOf(answer) };
    });
    whole.catch(() => {});
    return { type, cacheControl, length: lengthOf(answer), read, whole };
  }
}

function typeOf(answer: HttpAnswer): string {
  return answer.header('content-type') ?? 'application/octet-stream';
}

function cacheControlOf(answer: HttpAnswer): string {
  return answer.header('cache-control') ?? CACHE_CONTROL;
}

function lengthOf(answer: HttpAnswer): number | undefined {
  const length = Number(answer.header('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

function validatorOf(answer: HttpAnswer): string | undefined {
  const version = answer.header('etag') ?? answer.header('last-modified');
  return version === undefined ? undefined : `${version} ${answer.header('content-length')}`;
}

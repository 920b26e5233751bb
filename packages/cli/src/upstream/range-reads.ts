import { LRUCache } from '../vendor/lru-cache.js';
import type { HttpClient } from './http-client.js';
import { ApartError, type FetchedSegment, fetchedOf, MAX_SEGMENT_BYTES } from './segment-fetcher.js';
import { UpstreamError } from './upstream-error.js';
import { fetchUpstream, readBody } from './upstream-fetch.js';

/** Ranges that are kept so that hashing and serving share one reading, bytes, and for how long, ms. */
const CACHE_BYTES = 32 * 1024 * 1024;
const CACHE_TTL = 30_000;
/** Until the last byte, ms. */
const TIMEOUT = 60_000;
/** URLs whose ranges are known to be answered wrongly, and for how long, ms. */
const MAX_WRONG = 1000;
const WRONG_TTL = 300_000;

/** A byte range of a resource with its headers. */
export interface FetchedRange extends FetchedSegment {
  readonly contentRange: string;
}

/** Reads each byte range that is a segment once from the upstream, for hashing and for viewers. */
export class RangeReads {
  readonly #running = new Map<string, Promise<FetchedRange>>();
  readonly #kept = new LRUCache<string, FetchedRange>({
    maxSize: CACHE_BYTES,
    ttl: CACHE_TTL,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  });
  readonly #wrong = new LRUCache<string, string>({ max: MAX_WRONG, ttl: WRONG_TTL });

  constructor(
    readonly client: HttpClient,
    readonly onRead: (bytes: number) => void,
  ) {}

  /** The range if it is here, or on its way. */
  find(url: string, offset: number, length: number): Promise<FetchedRange> | undefined {
    const key = rangeKey(url, offset, length);
    const kept = this.#kept.get(key);
    return kept === undefined ? this.#running.get(key) : Promise.resolve(kept);
  }

  /**
   * RFC 9110 §14.
   * @throws {UpstreamError}
   * @throws {ApartError} when the upstream does not give exactly it
   */
  fetch(url: string, offset: number, length: number): Promise<FetchedRange> {
    const found = this.find(url, offset, length);
    if (found !== undefined) return found;
    const key = rangeKey(url, offset, length);
    const read = this.#read(url, offset, length);
    this.#running.set(key, read);
    const done = (): void => {
      if (this.#running.get(key) === read) this.#running.delete(key);
    };
    read
      .then((fetched) => {
        if (this.#running.get(key) === read) this.#kept.set(key, fetched);
      })
      .then(done, done);
    return read;
  }

  /** There are other bytes from now on. @param key of `rangeKey` */
  forget(key: string): void {
    this.#kept.delete(key);
    this.#running.delete(key);
  }

  async #read(url: string, offset: number, length: number): Promise<FetchedRange> {
    const wrong = this.#wrong.get(url);
    if (wrong !== undefined) throw new ApartError(wrong);
    const last = offset + length - 1;
    const answer = await fetchUpstream(this.client, url, {
      headers: { Range: `bytes=${offset}-${last}` },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const contentRange = answer.header('content-range') ?? '';
    const told = Number(answer.header('content-length') ?? length);
    if (answer.status !== 206 || !contentRange.startsWith(`bytes ${offset}-${last}/`) || told !== length) {
      answer.body.destroy();
      throw this.#setWrong(url, 'answers other bytes than a Range request asks for');
    }
    if (length > MAX_SEGMENT_BYTES) {
      answer.body.destroy();
      throw new ApartError(`has a range of more than ${MAX_SEGMENT_BYTES} bytes`);
    }
    const bytes = await readBody(answer, url, length).catch((error) => {
      throw error instanceof UpstreamError && error.cause === undefined
        ? this.#setWrong(url, 'answers a Range request with more bytes than it asks for')
        : error;
    });
    this.onRead(bytes.length);
    if (bytes.length < length) throw this.#setWrong(url, 'answers a Range request with fewer bytes than it says');
    return { ...fetchedOf(answer, bytes), contentRange };
  }

  #setWrong(url: string, reason: string): ApartError {
    this.#wrong.set(url, reason);
    return new ApartError(reason);
  }
}

/** What a range is kept under. */
export function rangeKey(url: string, offset: number, length: number): string {
  return `${url} ${offset}-${length}`;
}

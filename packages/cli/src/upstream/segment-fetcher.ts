import type { Counters } from '../source.js';
import { LRUCache } from '../vendor/lru-cache.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { SharedRead, TooLongError } from './shared-read.js';
import { UpstreamError } from './upstream-error.js';
import { bodyChunks, fetchUpstream } from './upstream-fetch.js';

/** Segments that are kept so that hashing and serving share one reading, bytes. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Feeds reuse names with other bytes: nothing is kept longer, ms. */
const CACHE_TTL = 30_000;
/** Longer segments are not held, bytes: each viewer gets its own reading, and nobody a magnet. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
/** So much may be arriving at a time, of all segments, bytes; beyond it each viewer gets its own reading. */
const MAX_ARRIVING_BYTES = 256 * 1024 * 1024;
/** A reading for nobody but the magnetizer is given up, ms. */
const TIMEOUT = 60_000;
/** URLs that are known to have nothing that can be shared, and for how long, ms. */
const MAX_APART = 10_000;
const APART_TTL = 300_000;
/** Segments whose validators are remembered. */
const MAX_VALIDATORS = 10_000;
/** A look whether a segment has changed, ms. */
const LOOK_TIMEOUT = 2_000;
/** Origins that are known to ask who asks, and for how long, ms. */
const MAX_DENYING = 1000;
const DENIED_TTL = 30_000;

/** A segment with the headers that tell its version and type. */
export interface FetchedSegment {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** What the upstream says: a name may have other bytes soon, and only it knows. */
  readonly cacheControl: string | undefined;
  /** ETag or Last-Modified, with the length; undefined when the upstream has neither. */
  readonly validator: string | undefined;
}

/** Where a segment is, and what it is known by: its URL may change while it is listed. */
export interface SegmentPlace {
  readonly url: string;
  /** Default: the URL. */
  readonly name?: string;
  /** Is another number where there may be other bytes than before. Default: the URL tells. */
  readonly generation?: number;
}

/** A segment that may still be arriving. */
export interface ArrivingSegment {
  readonly type: string;
  readonly cacheControl: string | undefined;
  /** Content-Length, bytes, if the upstream told it. */
  readonly length: number | undefined;
  readonly read: SharedRead;
  /** All of it. Rejects with UpstreamError. */
  readonly whole: Promise<FetchedSegment>;
}

/** What is at a URL cannot be one reading for all: each viewer is to ask for itself. */
export class ApartError extends Error {
  override readonly name = 'ApartError';
}

/** Reads each segment once from the upstream, whether it is for hashing, for a viewer, or for many. */
export class SegmentFetcher {
  readonly #arriving = new Map<string, Promise<ArrivingSegment>>();
  readonly #reads = new Set<SharedRead>();
  readonly #kept = new LRUCache<string, FetchedSegment>({
    maxSize: CACHE_BYTES,
    ttl: CACHE_TTL,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  });
  readonly #apart = new LRUCache<string, string>({ max: MAX_APART, ttl: APART_TTL });
  readonly #validators = new LRUCache<string, string>({ max: MAX_VALIDATORS });
  readonly #denying = new LRUCache<string, true>({ max: MAX_DENYING, ttl: DENIED_TTL });

  constructor(
    readonly client: HttpClient,
    readonly counters: Counters,
  ) {}

  /** The segment if it is here as a whole. */
  kept(place: SegmentPlace): FetchedSegment | undefined {
    return this.#kept.get(segmentKey(place));
  }

  /** The whole segment. @throws {UpstreamError} @throws {ApartError} */
  async fetch(place: SegmentPlace): Promise<FetchedSegment> {
    return this.kept(place) ?? (await this.arriving(place)).whole;
  }

  /**
   * The segment as it comes; those who ask while it is coming get the same bytes.
   * @throws {UpstreamError}
   * @throws {ApartError}
   */
  arriving(place: SegmentPlace): Promise<ArrivingSegment> {
    const key = segmentKey(place);
    const running = this.#arriving.get(key);
    if (running !== undefined) return running;
    const arriving = this.#start(place.url, key);
    this.#arriving.set(key, arriving);
    const done = (): void => {
      if (this.#arriving.get(key) === arriving) this.#arriving.delete(key);
    };
    arriving
      .then(({ whole }) => whole)
      .then((fetched) => {
        if (this.#arriving.get(key) === arriving) this.#kept.set(key, fetched);
      })
      .then(done, done);
    return arriving;
  }

  /** Whether the upstream has lately refused what we asked its origin for as ourselves. */
  isDenied(url: string): boolean {
    return this.#denying.has(new URL(url).origin);
  }

  /** There are other bytes from now on. */
  forget(place: SegmentPlace): void {
    const key = segmentKey(place);
    this.#kept.delete(key);
    this.#arriving.delete(key);
    this.#apart.delete(key);
  }

  /** The present validator, without reading the segment; undefined when there is none. @throws {UpstreamError} */
  async validator(url: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.client(url, { method: 'HEAD', signal });
    answer.body.destroy();
    return answer.status === 200 ? validatorOf(answer) : undefined;
  }

  /** Whether the upstream says that there is something else than what was read last. */
  async hasChanged(place: SegmentPlace): Promise<boolean> {
    const known = this.#validators.get(segmentKey(place));
    if (known === undefined) return false;
    try {
      const present = await this.validator(place.url, AbortSignal.timeout(LOOK_TIMEOUT));
      return present !== undefined && present !== known;
    } catch {
      return false;
    }
  }

  async #start(url: string, key: string): Promise<ArrivingSegment> {
    const apart = this.#apart.get(key);
    if (apart !== undefined) throw new ApartError(apart);
    const held = [...this.#reads].reduce((sum, read) => sum + read.held, 0);
    if (held > MAX_ARRIVING_BYTES) throw new ApartError(`${MAX_ARRIVING_BYTES} bytes are arriving already`);
    const stop = new AbortController();
    const answer = await this.#ask(url, stop.signal);
    const reason = reasonApart(answer);
    if (reason !== undefined) {
      answer.body.destroy();
      throw this.#setApart(key, reason);
    }
    const read = new SharedRead(bodyChunks(answer, url), MAX_SEGMENT_BYTES);
    this.#reads.add(read);
    const patience = setInterval(() => {
      if (!read.isRead) stop.abort(new Error(`it took more than ${TIMEOUT / 1000} s`));
    }, TIMEOUT);
    patience.unref();
    const whole = read.whole
      .then(
        (bytes) => {
          this.counters.upstreamBytesRead += bytes.length;
          const fetched = fetchedOf(answer, bytes);
          if (fetched.validator !== undefined) this.#validators.set(key, fetched.validator);
          return fetched;
        },
        (error: unknown) => {
          throw error instanceof TooLongError ? this.#setApart(key, error.message) : error;
        },
      )
      .finally(() => {
        clearInterval(patience);
        this.#reads.delete(read);
      });
    whole.catch(() => {});
    return {
      type: typeOf(answer),
      cacheControl: answer.header('cache-control'),
      length: lengthOf(answer),
      read,
      whole,
    };
  }

  async #ask(url: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin } = new URL(url);
    try {
      const answer = await fetchUpstream(this.client, url, { signal });
      this.#denying.delete(origin);
      return answer;
    } catch (error) {
      if (error instanceof UpstreamError && error.denied) this.#denying.set(origin, true);
      throw error;
    }
  }

  #setApart(key: string, reason: string): ApartError {
    this.#apart.set(key, reason);
    return new ApartError(reason);
  }
}

/** What a segment is kept under. */
function segmentKey({ url, name = url, generation }: SegmentPlace): string {
  if (generation === undefined) return url;
  return generation === 0 ? name : `${name} ${generation}`;
}

/** Why an answer is not the whole of a segment that can be held; undefined where it is. */
function reasonApart(answer: HttpAnswer): string | undefined {
  if (answer.status !== 200) return `answered ${answer.status}`;
  if ((lengthOf(answer) ?? 0) > MAX_SEGMENT_BYTES) return `is longer than ${MAX_SEGMENT_BYTES} bytes`;
  // A browser can decode it, and we cannot.
  return answer.header('content-encoding')?.toLowerCase() === 'zstd'
    ? 'has a coding that is not known here'
    : undefined;
}

export function fetchedOf(answer: HttpAnswer, bytes: Uint8Array): FetchedSegment {
  return { bytes, type: typeOf(answer), cacheControl: answer.header('cache-control'), validator: validatorOf(answer) };
}

function typeOf(answer: HttpAnswer): string {
  return answer.header('content-type') ?? 'application/octet-stream';
}

function lengthOf(answer: HttpAnswer): number | undefined {
  const length = Number(answer.header('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

function validatorOf(answer: HttpAnswer): string | undefined {
  const version = answer.header('etag') ?? answer.header('last-modified');
  return version === undefined ? undefined : `${version} ${answer.header('content-length')}`;
}

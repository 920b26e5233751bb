import PQueue from 'p-queue';
import { createInfo } from '../info.js';
import { type BoundedMap, boundedMap } from './bounded-map.js';
import type { ReadOptions, SegmentData, SegmentReader, SegmentReference } from './segment-reader.js';
import type { HashedSegment, SharedHashes, Use } from './shared-hashes.js';

/** A segment to be hashed. */
export interface WantedSegment extends SegmentReference {
  /** Names the resource in caches: the URL without what does not change its bytes. */
  readonly id: string;
  /** The playlist that names it; together with the Media Sequence Number, one segment (RFC 8216 §6.2.2). */
  readonly playlist: string;
  readonly mediaSequence: number;
  /** Larger goes first. */
  readonly priority: number;
}

export interface SegmentHashesOptions {
  readonly reader: SegmentReader;
  readonly shared: SharedHashes | undefined;
  readonly now: () => number;
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly maxCached: number;
  readonly maxSegmentLength: number;
  readonly readTimeout: number;
  readonly onError: ((error: unknown, segment: SegmentReference) => void) | undefined;
}

/** A hash counts as present for so long, ms, before it is looked at whether the resource has changed. */
const FRESH_FOR = 30_000;
const RETRY_AFTER = 1_000;
const RETRY_AFTER_MOST = 30_000;

interface Known {
  readonly hashed: HashedSegment;
  readonly validator: string | undefined;
  readonly playlist: string;
  readonly mediaSequence: number;
  readonly at: number;
}

/** Hashes each segment once, however many ask, and remembers a bounded number of results. */
export class SegmentHashes {
  readonly #options: SegmentHashesOptions;
  readonly #known: BoundedMap<Known>;
  readonly #failed = boundedMap<{ until: number; wait: number }>(10_000);
  readonly #pending = new Map<string, Promise<HashedSegment | undefined>>();
  readonly #queue: PQueue;
  readonly #running = new Set<AbortController>();
  #closed = false;
  hashed = 0;
  bytesRead = 0;
  failures = 0;
  sharedHits = 0;
  /** Segments that found the queue full; they are asked for again by the next reload. */
  deferred = 0;

  constructor(options: SegmentHashesOptions) {
    this.#options = options;
    this.#known = boundedMap(options.maxCached);
    this.#queue = new PQueue({ concurrency: options.concurrency });
  }

  /** Segments waiting or being read. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The segment's hash; undefined, never a rejection, when it cannot be read now. */
  hash(wanted: WantedSegment): Promise<HashedSegment | undefined> {
    const key = segmentKey(wanted);
    const running = this.#pending.get(key);
    if (running) return running;
    const known = this.#known.get(key);
    if (known && this.#isFresh(known, wanted)) return Promise.resolve(known.hashed);
    if ((this.#failed.get(key)?.until ?? 0) > this.#options.now()) return Promise.resolve(undefined);
    if (this.#closed || this.#pending.size >= this.#options.maxQueued) {
      this.deferred++;
      return Promise.resolve(undefined);
    }
    const promise = this.#queue
      .add(() => this.#withTimeout((signal) => this.#obtain(key, wanted, known, signal)), { priority: wanted.priority })
      .catch((error: unknown) => this.#fail(key, wanted, error))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, promise);
    return promise;
  }

  /** Gives up what is running and refuses what comes. */
  close(): void {
    this.#closed = true;
    this.#queue.clear();
    for (const read of this.#running) read.abort(new Error('the magnetizer is closed'));
  }

  /** Names are reused by looping feeds: another Media Sequence Number of the same playlist is another segment. */
  #isFresh(known: Known, { playlist, mediaSequence }: WantedSegment): boolean {
    if (known.playlist === playlist && known.mediaSequence !== mediaSequence) return false;
    return this.#options.now() - known.at < FRESH_FOR;
  }

  async #withTimeout<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { readTimeout } = this.#options;
    const timer = setTimeout(() => controller.abort(new Error(`not read in ${readTimeout} ms`)), readTimeout);
    // In Node, waiting for a segment keeps no process alive; browsers have numbers for timers.
    (timer as { unref?: () => void }).unref?.();
    this.#running.add(controller);
    try {
      return await read(controller.signal);
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  async #obtain(
    key: string,
    wanted: WantedSegment,
    known: Known | undefined,
    signal: AbortSignal,
  ): Promise<HashedSegment> {
    const { shared, reader, maxSegmentLength } = this.#options;
    const maxLength = wanted.byteRange?.length ?? maxSegmentLength;
    if (maxLength > maxSegmentLength) throw new RangeError(`a range of ${maxLength} bytes: ${wanted.url}`);
    const options: ReadOptions = { signal, maxLength };

    const validate = known || shared ? reader.validateSegment : undefined;
    const present = validate && (await raceAbort(validate(wanted, options), signal));
    if (known && present !== undefined && present === known.validator) {
      return this.#remember(key, wanted, known.hashed, present);
    }
    const use = useOf(wanted, present);
    const other = (await shared?.get(key, use)) ?? (await shared?.claimOrGet(key, use, signal));
    if (other) {
      this.sharedHits++;
      return this.#remember(key, wanted, other, present);
    }

    const { bytes, validator } = asData(await raceAbort(reader.readSegment(wanted, options), signal));
    this.bytesRead += bytes.length;
    if (wanted.byteRange ? bytes.length !== wanted.byteRange.length : bytes.length > maxLength) {
      throw new RangeError(`${bytes.length} bytes where ${maxLength} were expected: ${wanted.url}`);
    }
    const hashed: HashedSegment = { ...(await createInfo(bytes)), length: bytes.length };
    this.hashed++;
    void shared?.set(key, use, hashed);
    if (validator !== present) void shared?.set(key, useOf(wanted, validator), hashed);
    return this.#remember(key, wanted, hashed, validator);
  }

  #remember(key: string, wanted: WantedSegment, hashed: HashedSegment, validator: string | undefined): HashedSegment {
    const { playlist, mediaSequence } = wanted;
    this.#known.set(key, { hashed, validator, playlist, mediaSequence, at: this.#options.now() });
    this.#failed.delete(key);
    return hashed;
  }

  #fail(key: string, wanted: WantedSegment, error: unknown): undefined {
    this.failures++;
    this.#options.onError?.(error, wanted);
    const wait = Math.min(RETRY_AFTER_MOST, 2 * (this.#failed.get(key)?.wait ?? RETRY_AFTER / 2));
    this.#failed.set(key, { until: this.#options.now() + wait, wait });
    return undefined;
  }
}

function segmentKey({ id, byteRange }: WantedSegment): string {
  return byteRange ? `${id} ${byteRange.offset}-${byteRange.length}` : id;
}

/** Without a validator, only the Media Sequence Number tells one use of a name from the next. */
function useOf({ playlist, mediaSequence }: WantedSegment, validator: string | undefined): Use {
  return validator === undefined ? { playlist, mediaSequence } : { validator };
}

function asData(data: Uint8Array | SegmentData): SegmentData {
  return data instanceof Uint8Array ? { bytes: data } : data;
}

/** A reader that ignores its signal must not hold a place in the queue for ever. */
function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

import PQueue from 'p-queue';
import { createInfo } from '../info.js';
import { redactUrl } from '../redact-url.js';
import { type BoundedMap, boundedMap } from './bounded-map.js';
import { BoundedReads } from './bounded-reads.js';
import { asData, type ReadOptions, type SegmentReader, type SegmentReference } from './segment-reader.js';
import type { HashedSegment, SharedHashes } from './shared-hashes.js';

/** A segment to be hashed. */
export interface WantedSegment extends SegmentReference {
  /** Names the resource and its byte range in caches: the URL without what does not change its bytes. */
  readonly id: string;
  /** Bytes that were asked for before are not this segment's: what `mark` gave; 0 for any. */
  readonly since: number;
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
  /** When its bytes, or its validator, were asked for, ms. */
  readonly at: number;
  /** The same, as `mark` counts. */
  readonly asked: number;
}

interface Pending {
  readonly hashed: Promise<HashedSegment | undefined>;
  readonly asked: number;
}

/** Hashes each segment once, however many ask, and remembers a bounded number of results. */
export class SegmentHashes {
  readonly #options: SegmentHashesOptions;
  readonly #known: BoundedMap<Known>;
  readonly #failed = boundedMap<{ until: number; wait: number }>(10_000);
  readonly #pending = new Map<string, Pending>();
  readonly #queue: PQueue;
  readonly #reads: BoundedReads;
  #asked = 0;
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
    this.#reads = new BoundedReads(options.readTimeout);
  }

  /** Counts what was asked for: tells before from after, where a clock may stand still. */
  mark(): number {
    return ++this.#asked;
  }

  /** Segments waiting or being read. */
  get pending(): number {
    return this.#pending.size;
  }

  /** What the resource had when it was last read or looked at. */
  latest(id: string): HashedSegment | undefined {
    return this.#known.get(id)?.hashed;
  }

  /** The segment's hash; undefined, never a rejection, when it cannot be read now. */
  hash(wanted: WantedSegment): Promise<HashedSegment | undefined> {
    const key = wanted.id;
    const running = this.#pending.get(key);
    if (running) return running.asked >= wanted.since ? running.hashed : running.hashed.then(() => this.hash(wanted));
    const known = this.#known.get(key);
    const now = this.#options.now();
    if (known && known.asked >= wanted.since && now - known.at < FRESH_FOR) return Promise.resolve(known.hashed);
    const failed = this.#failed.get(key);
    if (failed && failed.until > now) return Promise.resolve(undefined);
    if (this.#reads.closed || this.#pending.size >= this.#options.maxQueued) {
      this.deferred++;
      return Promise.resolve(undefined);
    }
    const hashed = this.#queue
      .add(() => this.#reads.run((signal) => this.#obtain(key, wanted, known, signal)), { priority: wanted.priority })
      .catch((error: unknown) => this.#fail(key, wanted, error))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, { hashed, asked: this.mark() });
    return hashed;
  }

  /** Whether a resource that was hashed has the same validator still; undefined where it has none that could tell. */
  async isCurrent(wanted: WantedSegment): Promise<boolean | undefined> {
    const key = wanted.id;
    const known = this.#known.get(key);
    const { reader, maxSegmentLength } = this.#options;
    if (!known || !reader.validateSegment) return true;
    const at = { at: this.#options.now(), asked: this.mark() };
    const options = { maxLength: maxSegmentLength };
    const validator = await this.#reads
      .run(async (signal) => reader.validateSegment?.(wanted, { ...options, signal }))
      .catch(() => undefined);
    if (validator === undefined || known.validator === undefined) return undefined;
    if (validator !== known.validator) return false;
    // It may have been read anew meanwhile.
    if (this.#known.get(key) === known) this.#known.set(key, { ...known, ...at });
    return true;
  }

  /** Gives up what is running and refuses what comes. */
  close(): void {
    this.#queue.clear();
    this.#reads.close();
  }

  async #obtain(
    key: string,
    wanted: WantedSegment,
    known: Known | undefined,
    signal: AbortSignal,
  ): Promise<HashedSegment> {
    const { shared, reader, maxSegmentLength } = this.#options;
    const maxLength = wanted.byteRange?.length ?? maxSegmentLength;
    if (maxLength > maxSegmentLength) throw new RangeError(`a range of ${maxLength} bytes: ${redactUrl(wanted.url)}`);
    const options: ReadOptions = { signal, maxLength };
    const asked = { at: this.#options.now(), asked: this.mark() };

    const validate = known || shared ? reader.validateSegment : undefined;
    const present = validate && (await validate(wanted, options));
    signal.throwIfAborted();
    if (known && present !== undefined && present === known.validator) {
      return this.#remember(key, known.hashed, present, asked);
    }
    // Only a validator tells another process which bytes were hashed.
    const other =
      present === undefined
        ? undefined
        : ((await shared?.get(key, present)) ?? (await shared?.claimOrGet(key, present, signal)));
    if (other) {
      this.sharedHits++;
      return this.#remember(key, other, present, asked);
    }

    const { bytes, validator } = asData(await reader.readSegment(wanted, options));
    signal.throwIfAborted();
    this.bytesRead += bytes.length;
    if (wanted.byteRange ? bytes.length !== wanted.byteRange.length : bytes.length > maxLength) {
      throw new RangeError(`${bytes.length} bytes where ${maxLength} were expected: ${redactUrl(wanted.url)}`);
    }
    const hashed: HashedSegment = { ...(await createInfo(bytes)), length: bytes.length };
    this.hashed++;
    if (validator !== undefined) void shared?.set(key, validator, hashed);
    return this.#remember(key, hashed, validator, asked);
  }

  #remember(
    key: string,
    hashed: HashedSegment,
    validator: string | undefined,
    asked: Pick<Known, 'at' | 'asked'>,
  ): HashedSegment {
    this.#known.set(key, { hashed, validator, ...asked });
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

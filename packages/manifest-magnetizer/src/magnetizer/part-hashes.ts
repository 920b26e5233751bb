import { toBase64Url } from '../base64url.js';
import { partLine, readParts, type WrittenPart } from '../playlist/parts.js';
import type { VariableContext } from '../playlist/variables.js';
import { platformSha1, sha1 } from '../sha1.js';
import { boundedMap } from './bounded-map.js';
import { BoundedReads } from './bounded-reads.js';
import { type delay, within } from './delay.js';
import { asData, type ReadSegment } from './segment-reader.js';

/** Parts of one playlist whose hash is written, the newest: a player at the live edge takes no older ones. */
const HASHED_PARTS = 8;
/** Parts of one playlist that are read at a time. */
const READ_AT_ONCE = 8;
/** Up to this length a part is hashed here, bytes: that takes 1 or 2 ms, and of another thread's answer nobody knows when it comes. */
const HASHED_AT_ONCE = 128 * 1024;
/** A playlist waits this part of PART-TARGET for them, and never longer than so many ms. */
const HELD_SHARE = 0.05;
const HELD_MS = 25;
/** Parts remembered. */
const MAX_PARTS = 20_000;

/** A part that was read. */
interface HashedPart {
  /** Bytes. */
  readonly length: number;
  /** base64url. */
  readonly sha1: string;
}

export interface PartHashesOptions {
  readonly readSegment: ReadSegment;
  readonly resourceId: (url: string, playlistUrl: string) => string;
  readonly maxSegmentLength: number;
  readonly readTimeout: number;
  readonly delay: typeof delay;
  onError(error: unknown, part: { readonly url: string; readonly playlistUrl: string }): void;
}

/** Reads and hashes the Partial Segments of Low-Latency HLS, each once. */
export class PartHashes {
  readonly #known = boundedMap<HashedPart>(MAX_PARTS);
  readonly #running = new Map<string, Promise<void>>();
  readonly #reads: BoundedReads;
  hashed = 0;
  failures = 0;

  constructor(private readonly options: PartHashesOptions) {
    this.#reads = new BoundedReads(options.readTimeout);
  }

  /** The lines to be written before parts, by where their tags begin in the playlist. Waits for those that are being read, for a moment. */
  async linesOf(text: string, url: string, context: VariableContext): Promise<ReadonlyMap<number, string>> {
    const parts = readParts(text, url, context);
    const newest = parts.slice(-HASHED_PARTS);
    const missing = [...parts].reverse().filter((part) => !this.#known.get(this.#keyOf(part, url)));
    // Of byte ranges the length is told, and nobody needs more of those that are old.
    const wanted = missing.filter((part) => !part.byteRange || newest.includes(part));
    const reading = wanted.slice(0, READ_AT_ONCE).map((part) => this.#read(part, url));
    if (reading.length > 0) {
      const target = Number(/^#EXT-X-PART-INF:.*PART-TARGET=([\d.]+)/m.exec(text)?.[1] ?? 0);
      await within(Promise.all(reading), Math.min(HELD_MS, HELD_SHARE * 1000 * target), this.options.delay);
    }
    const lines = new Map<number, string>();
    for (const part of parts) {
      const known = this.#known.get(this.#keyOf(part, url));
      const line = known && partLine(known.length, newest.includes(part) ? known.sha1 : undefined, part.byteRange);
      if (line !== undefined) lines.set(part.at, line);
    }
    return lines;
  }

  /** With its number: an encoder that begins anew may give names again. */
  #keyOf({ url = '', byteRange, mediaSequence, index }: WrittenPart, playlistUrl: string): string {
    const range = byteRange ? `${byteRange.offset}+${byteRange.length}` : '';
    return `${mediaSequence}.${index} ${range} ${this.options.resourceId(url, playlistUrl)}`;
  }

  #read(part: WrittenPart, playlistUrl: string): Promise<void> {
    const key = this.#keyOf(part, playlistUrl);
    const running = this.#running.get(key) ?? this.#hash(part, playlistUrl, key);
    this.#running.set(key, running);
    return running;
  }

  async #hash({ url, byteRange }: WrittenPart, playlistUrl: string, key: string): Promise<void> {
    const { readSegment, maxSegmentLength: maxLength, onError } = this.options;
    if (url === undefined || this.#reads.closed) return;
    try {
      const { bytes } = asData(
        await this.#reads.run(async (signal) => readSegment({ url, byteRange, playlistUrl }, { maxLength, signal })),
      );
      if (bytes.length === 0 || bytes.length > maxLength) throw new RangeError(`${bytes.length} bytes`);
      const digest = bytes.length <= HASHED_AT_ONCE ? sha1(bytes) : await platformSha1(bytes);
      this.#known.set(key, { length: bytes.length, sha1: toBase64Url(digest) });
      this.hashed++;
    } catch (error) {
      this.failures++;
      onError(error, { url, playlistUrl });
    } finally {
      this.#running.delete(key);
    }
  }

  /** Gives up what is running and reads no more. */
  close(): void {
    this.#reads.close();
  }
}

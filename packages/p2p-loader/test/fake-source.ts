import type {
  ByteRange,
  KeptBytes,
  SegmentBytes,
  SegmentRequestOptions,
  SegmentSource,
} from '../src/segment-source.js';

/** A segment source that the test drives. */
export class FakeSource implements SegmentSource {
  readonly playlists: [url: string, text: string, requested?: string][] = [];
  readonly asked: { url: string; range: ByteRange | undefined; options: SegmentRequestOptions }[] = [];
  readonly #segments = new Map<string, Promise<SegmentBytes>>();
  readonly #listeners = new Set<() => void>();

  /** Adds a segment; `range` if it is a part of its resource. */
  add(url: string, bytes: SegmentBytes | Promise<SegmentBytes>, range?: ByteRange): this {
    this.#segments.set(keyOf(url, range), Promise.resolve(bytes));
    for (const listener of this.#listeners) listener();
    return this;
  }

  remove(url: string): void {
    this.#segments.delete(keyOf(url, undefined));
    for (const listener of this.#listeners) listener();
  }

  playlist(...shown: [url: string, text: string, requested?: string]): boolean {
    this.playlists.push(shown);
    return true;
  }

  /** Ends the wait for the playlist that was shown last; undefined: there is none. */
  release: (() => void) | undefined;
  holds = false;

  held(): Promise<void> | undefined {
    if (!this.holds) return undefined;
    return new Promise((resolve) => {
      this.release = resolve;
    });
  }

  segmentUrls(): string[] {
    return [...new Set([...this.#segments.keys()].map((key) => key.split(' ')[0] as string))];
  }

  onSegmentUrlsChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  request(url: string, range: ByteRange | undefined, options: SegmentRequestOptions = {}) {
    const found = this.#segments.get(keyOf(url, range));
    if (found) this.asked.push({ url, range, options });
    return found;
  }
}

const keyOf = (url: string, range: ByteRange | undefined): string =>
  range ? `${url} ${range.offset}+${range.length}` : url;

/** `length` bytes that differ from place to place. */
export const someBytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

/** Bytes as the cache keeps them. */
export const kept = (bytes: Uint8Array): KeptBytes => ({
  length: bytes.length,
  copy: (from, to) => Uint8Array.from(bytes.subarray(from, to)),
});

export function segment(bytes: Uint8Array, fields: Partial<SegmentBytes> = {}): SegmentBytes {
  return {
    bytes: kept(bytes),
    contentType: 'video/MP2T',
    timing: { start: 1000, firstByte: 1100, end: 1500 },
    source: 'peers',
    ...fields,
  };
}

/** Lets messages of real MessageChannels arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

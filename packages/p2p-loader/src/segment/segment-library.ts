import type { Segment } from './segment.js';

/** Segments that other viewers named and no playlist has yet: how many are prepared, and their bytes. */
export const MAX_HINTED = 2;
export const MAX_HINTED_BYTES = 8 * 1024 * 1024;
/** A hint that no playlist confirmed is dropped after this, ms. */
const HINT_LIFE_MS = 15_000;

export interface SegmentLibraryOptions {
  readonly maxBytes: number;
  readonly create: (infoHash: string, length: number) => Segment;
  /** When a playlist last listed it, ms; undefined when none does, or it is beyond its window. */
  readonly listedAt: (segment: Segment) => number | undefined;
  /** It is wanted and not complete yet. */
  readonly inUse: (segment: Segment) => boolean;
  onEvicted(segment: Segment): void;
}

/** The segments in memory: bounded in bytes, and gone once they have been out of the playlist for a window. */
export class SegmentLibrary {
  readonly #segments = new Map<string, Segment>();
  readonly #hinted = new Map<string, number>();

  constructor(private readonly options: SegmentLibraryOptions) {}

  get(infoHash: string): Segment | undefined {
    return this.#segments.get(infoHash);
  }

  get all(): Iterable<Segment> {
    return this.#segments.values();
  }

  get size(): number {
    return this.#segments.size;
  }

  /** Bytes of segments that are here whole. */
  get completeBytes(): number {
    return this.complete().reduce((bytes, segment) => bytes + segment.length, 0);
  }

  /** Segments that are here whole, in the order that they were heard of. */
  complete(): Segment[] {
    return [...this.#segments.values()].filter((segment) => segment.complete);
  }

  held(): string[] {
    return this.complete().map((segment) => segment.infoHash);
  }

  isHinted(segment: Segment): boolean {
    return this.#hinted.has(segment.infoHash);
  }

  /** The segment that a playlist lists. */
  ensure(infoHash: string, length: number): Segment {
    let segment = this.#segments.get(infoHash);
    this.#hinted.delete(infoHash);
    if (!segment) {
      segment = this.options.create(infoHash, length);
      this.#segments.set(infoHash, segment);
    }
    return segment;
  }

  /** A segment that no playlist lists yet, within the bounds for such. */
  hint(infoHash: string, length: number, now: number): Segment | undefined {
    const known = this.#segments.get(infoHash);
    if (known) return undefined;
    let bytes = length;
    for (const hash of this.#hinted.keys()) bytes += this.#segments.get(hash)?.length ?? 0;
    if (this.#hinted.size >= MAX_HINTED || bytes > MAX_HINTED_BYTES) return undefined;
    const segment = this.options.create(infoHash, length);
    this.#segments.set(infoHash, segment);
    this.#hinted.set(infoHash, now);
    return segment;
  }

  /** A segment that was named and will not be listed. */
  disown(infoHash: string): void {
    if (this.#hinted.has(infoHash)) this.#drop(infoHash);
  }

  /** Drops what is not here whole and of no use. */
  dropUnfinished(isUseless: (segment: Segment) => boolean): void {
    for (const segment of [...this.#segments.values()]) {
      if (!segment.complete && isUseless(segment)) this.#drop(segment.infoHash);
    }
  }

  /** Drops what no playlist lists any more, then the oldest until the bytes fit. */
  evict(now: number): void {
    for (const [infoHash, at] of this.#hinted) if (now - at > HINT_LIFE_MS) this.#drop(infoHash);
    for (const segment of [...this.#segments.values()]) {
      if (this.options.inUse(segment) || this.#hinted.has(segment.infoHash)) continue;
      if (this.options.listedAt(segment) === undefined) this.#drop(segment.infoHash);
    }
    const held = [...this.#segments.values()].filter((segment) => segment.complete || segment.hasTorrent);
    let bytes = held.reduce((sum, segment) => sum + segment.length, 0);
    for (const segment of held) {
      if (bytes <= this.options.maxBytes) break;
      if (this.options.inUse(segment)) continue;
      bytes -= segment.length;
      this.#drop(segment.infoHash);
    }
  }

  clear(): void {
    for (const infoHash of [...this.#segments.keys()]) this.#drop(infoHash);
  }

  #drop(infoHash: string): void {
    const segment = this.#segments.get(infoHash);
    this.#hinted.delete(infoHash);
    if (!segment) return;
    this.#segments.delete(infoHash);
    this.options.onEvicted(segment);
    segment.destroy();
  }
}

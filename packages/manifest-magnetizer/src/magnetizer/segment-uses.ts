import { type BoundedMap, boundedMap } from './bounded-map.js';
import type { HashedSegment } from './shared-hashes.js';

/** One use of a resource: as long as its URL has the same bytes, as far as one can tell. */
export interface SegmentUse {
  readonly generation: number;
  /** Bytes that were asked for before are not this use's, as `SegmentHashes` counts; 0 for a resource that was not listed before. */
  since: number;
  /** The magnet that goes out. A segment that went out with it keeps it, whatever caches forget. */
  hashed: HashedSegment | undefined;
  /** When it was last looked at whether the resource has changed, ms. */
  checked: number;
}

/** The uses of all resources that playlists list, with their magnets. */
export class SegmentUses {
  readonly #uses: BoundedMap<SegmentUse>;

  constructor(max: number) {
    this.#uses = boundedMap(max);
  }

  /**
   * @param key names the resource in its playlist
   * @param mark what is asked for from now on comes after what it gives
   */
  use(key: string, generation: number, mark: () => number): SegmentUse {
    const known = this.#uses.get(key);
    if (known?.generation === generation) return known;
    const use = { generation, since: known ? mark() : 0, hashed: undefined, checked: 0 };
    this.#uses.set(key, use);
    return use;
  }
}

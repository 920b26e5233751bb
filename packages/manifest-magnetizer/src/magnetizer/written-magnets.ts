import { type BoundedMap, boundedMap } from './bounded-map.js';
import type { HashedSegment } from './shared-hashes.js';

interface Written {
  readonly hashed: HashedSegment;
  /** When a playlist with it last went out, ms. */
  seen: number;
  /** When it was last looked at whether the resource has changed, ms. */
  checked: number;
}

/** A client may hold a live playlist for its whole length, and for no less than this, ms. */
const HELD_FOR = 60_000;
/** A playlist with EXT-X-ENDLIST is looked at again after so long, ms. */
const CHECK_AFTER = 600_000;

/**
 * The magnets that went out, by playlist and segment. A segment that went out with a magnet keeps it for as long as a
 * client may still see it, whatever caches forget and origins change.
 */
export class WrittenMagnets {
  readonly #written: BoundedMap<Written>;
  readonly #now: () => number;

  constructor(max: number, now: () => number) {
    this.#written = boundedMap(max);
    this.#now = now;
  }

  /**
   * @param duration of the whole playlist, s
   * @returns the magnet to write, and whether the resource is due for another look
   */
  get(key: string, endList: boolean, duration: number): { hashed: HashedSegment; due: boolean } | undefined {
    const written = this.#written.get(key);
    if (!written) return undefined;
    const now = this.#now();
    if (!endList && now - written.seen > Math.max(HELD_FOR, duration * 1000)) return undefined;
    written.seen = now;
    return { hashed: written.hashed, due: endList && now - written.checked > CHECK_AFTER };
  }

  set(key: string, hashed: HashedSegment): void {
    const now = this.#now();
    this.#written.set(key, { hashed, seen: now, checked: now });
  }
}

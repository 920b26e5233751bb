import { formatMagnet, type Magnet, parseMagnet } from '../magnet.js';
import { delay } from './delay.js';
import type { GuardedCache } from './magnet-cache.js';

/** A segment's magnet with its info dictionary. */
export type HashedSegment = Required<Magnet>;

/** Entries live so long, ms. */
const KEEP_FOR = 24 * 3_600_000;
/** A claim is good for so long, ms: longer than most reads, short enough that a process that died is not missed. */
const CLAIM_FOR = 3_000;
/** Two processes that claim within this time, ms, see which of them was later; that one reads. */
const CLAIM_SETTLES = 40;
const ASK_EVERY = 40;

/**
 * Hashes in the shared cache, so that a fleet of origins reads each segment once. A cache of get and set alone has no locks:
 * claims make a second read unlikely, and nothing waits for another process longer than a claim lives.
 */
export class SharedHashes {
  readonly #cache: GuardedCache;
  readonly #self = globalThis.crypto.randomUUID();

  constructor(cache: GuardedCache) {
    this.#cache = cache;
  }

  /** The hash that any origin has put there. Magnets of the wrong shape, and with the wrong info dictionary, are not taken. */
  async get(segment: string, validator: string): Promise<HashedSegment | undefined> {
    const text = await this.#cache.get(cacheKey('magnet', segment, validator));
    const magnet = text === undefined ? undefined : parseMagnet(text);
    return magnet?.info && { ...magnet, info: magnet.info };
  }

  /** The hash, if another origin is making it now; undefined: make it yourself. */
  async claimOrGet(segment: string, validator: string, signal: AbortSignal): Promise<HashedSegment | undefined> {
    const key = cacheKey('claim', segment, validator);
    if ((await this.#cache.get(key)) === undefined) {
      await this.#cache.set(key, this.#self, CLAIM_FOR);
      if (this.#cache.isResting) return undefined;
      await delay(CLAIM_SETTLES, signal);
      const owner = await this.#cache.get(key);
      if (owner === undefined || owner === this.#self) return undefined;
    }
    for (let waited = 0; waited < CLAIM_FOR && !signal.aborted; waited += ASK_EVERY) {
      const hashed = await this.get(segment, validator);
      if (hashed) return hashed;
      await delay(ASK_EVERY, signal);
    }
    return undefined;
  }

  async set(segment: string, validator: string, hashed: HashedSegment): Promise<void> {
    await this.#cache.set(cacheKey('magnet', segment, validator), formatMagnet(hashed), KEEP_FOR);
  }
}

function cacheKey(kind: string, segment: string, validator: string): string {
  return `live-torrent:${kind}:${segment} v ${validator}`;
}

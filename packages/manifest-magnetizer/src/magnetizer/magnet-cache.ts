/**
 * A cache that several origins share; Keyv satisfies it. Entries are small JSON texts.
 * A cache that fails or does not answer costs hits, never a playlist.
 */
export interface MagnetCache {
  get(key: string): Promise<unknown>;
  /** @param ttl how long the entry is good for, ms */
  set(key: string, value: string, ttl: number): Promise<unknown>;
}

/** The longest wait for the shared cache, ms. */
const ANSWER_WITHIN = 250;
/** After a failure the shared cache is left alone for so long, ms. */
const REST_AFTER_FAILURE = 5_000;

/** A shared cache behind a deadline and a circuit breaker. */
export class GuardedCache {
  readonly #cache: MagnetCache;
  readonly #now: () => number;
  #restUntil = Number.NEGATIVE_INFINITY;
  /** Calls that failed or were not answered in time. */
  failures = 0;

  constructor(cache: MagnetCache, now: () => number) {
    this.#cache = cache;
    this.#now = now;
  }

  /** It has failed, and is left alone. */
  get isResting(): boolean {
    return this.#now() < this.#restUntil;
  }

  /** The entry, or undefined: missing, no text, or the cache has failed. */
  async get(key: string): Promise<string | undefined> {
    const value = await this.#guard(() => this.#cache.get(key));
    return typeof value === 'string' ? value : undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.#guard(() => this.#cache.set(key, value, ttl));
  }

  async #guard(call: () => Promise<unknown>): Promise<unknown> {
    if (this.isResting) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the cache did not answer')), ANSWER_WITHIN);
    });
    try {
      return await Promise.race([call(), late]);
    } catch {
      this.failures++;
      this.#restUntil = this.#now() + REST_AFTER_FAILURE;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

import type { MagnetCache } from '@live-torrent/manifest-magnetizer';
import { errorCode, Failure, reasonOf } from '../errors.js';
import { redact } from '../redact.js';
import type { Log } from '../source.js';
import { loadKeyvRedis } from '../vendor/keyv-redis.js';

/** Hashes that several origins of one feed share. */
export interface SharedCache extends MagnetCache {
  close(): Promise<void>;
}

/**
 * A cache in Redis. While it is gone each origin hashes for itself, and the log says so once.
 * @param url `redis:` or `rediss:`
 * @throws {Failure} where the packages for it are missing.
 */
export async function openSharedCache(url: string, log: Log): Promise<SharedCache> {
  const { Keyv, KeyvRedis } = await loadKeyvRedis().catch((error) => {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    const more = ['Beside this command: npm install keyv @keyv/redis'];
    throw new Failure('--cache needs the packages keyv and @keyv/redis', { cause: error, more });
  });
  const store = new KeyvRedis(url);
  const cache = new Keyv({ store, useKeyPrefix: false });
  const shown = redact(url);
  let failing = false;
  cache.on('error', (error: unknown) => {
    if (!failing) log.warn(`--cache ${shown}: ${redact(reasonOf(error))}; segments are hashed here meanwhile`);
    failing = true;
  });
  store.client.on('ready', () => {
    if (failing) log.info(`--cache ${shown}: is there again`);
    failing = false;
  });
  return {
    get: (key) => cache.get(key),
    set: (key, value, ttl) => cache.set(key, value, ttl),
    // One that does not answer is not waited for.
    close: async () => store.disconnect(true).catch(() => {}),
  };
}

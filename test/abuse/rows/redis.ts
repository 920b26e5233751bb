import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis from '@keyv/redis';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import express from 'express';
import Keyv from 'keyv';
import { freePort, serve } from '../../../harness/serve.mjs';
import { Redis } from '../../support/redis.js';
import { promise, type ServerRow } from '../support/server-row.js';

const folder = join(import.meta.dirname, '../../../examples/feed');
const SEGMENTS = 20;
const names = Array.from({ length: SEGMENTS }, (_, n) => `seg${String(n).padStart(3, '0')}.ts`);
const hashes = new Map(
  names.map((name) => [name, createSegmentMagnet(readFileSync(join(folder, name))).infoHash] as const),
);

const WINDOW = 6;
/** A new segment comes so often, ms; each origin's playlist is loaded twice as often. */
const PERIOD_MS = 500;
/** The magnetizer's time for a playlist, and what a busy machine adds, ms. */
const LONGEST_MS = 300 + 500;

/** Two origins of one live feed that share a cache at this port, and a viewer of each; the fault begins after a while. */
async function watched(port: number, fault: () => Promise<void> | void): Promise<string> {
  const begun = Date.now();
  const playlist = (): string => {
    const first = Math.floor((Date.now() - begun) / PERIOD_MS);
    const numbers = Array.from({ length: WINDOW }, (_, i) => first + i);
    const entries = numbers.map((n) => `#EXTINF:4,\n${names[n % SEGMENTS]}\n`);
    return `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${entries.join('')}`;
  };
  const origins = await Promise.all([0, 1].map(() => startOrigin(port, playlist)));
  let longest = 0;
  let loads = 0;
  const missing: number[] = [];
  const load = async (url: string): Promise<void> => {
    const asked = Date.now();
    const response = await fetch(url);
    const magnets = readMagnets(await response.text(), url);
    longest = Math.max(longest, Date.now() - asked);
    loads += 1;
    missing.push(WINDOW - magnets.length);
    promise(`a playlist is answered by 200, not ${response.status}`, response.status === 200);
    const wrong = magnets.filter(({ uri, infoHash }) => hashes.get(uri) !== infoHash);
    promise('magnets name the bytes of their segments', wrong.length === 0);
  };
  const watch = async (duration: number): Promise<void> => {
    const until = Date.now() + duration;
    while (Date.now() < until) {
      await Promise.all(origins.map(({ url }) => load(url)));
      await sleep(PERIOD_MS / 2);
    }
  };
  try {
    await watch(2_000);
    await fault();
    await watch(6_000);
    promise(
      'all segments have magnets in the end',
      missing.slice(-4).every((count) => count === 0),
    );
    promise(`no playlist takes longer than ${LONGEST_MS} ms: ${longest}`, longest <= LONGEST_MS);
    const [failures, hits] = (['cacheFailures', 'sharedHits'] as const).map((figure) =>
      origins.reduce((sum, { stats }) => sum + stats()[figure], 0),
    );
    const without = missing.reduce((sum, count) => sum + count, 0);
    return `${loads} playlists, longest ${longest} ms, ${without} segments without magnet, ${hits} shared hashes, ${failures} failures`;
  } finally {
    await Promise.all(origins.map(({ close }) => close()));
  }
}

async function startOrigin(port: number, playlist: () => string) {
  const cache = new Keyv({ store: new KeyvRedis(`redis://127.0.0.1:${port}`), useKeyPrefix: false });
  cache.on('error', () => {});
  const layer = magnetizer({ folder, cache });
  const app = express().use(layer, (_, response) => {
    response.type('application/vnd.apple.mpegurl').send(playlist());
  });
  const served = await serve(app as RequestListener);
  return {
    url: `${served.url}live.m3u8`,
    stats: () => layer.magnetizer.stats(),
    close: async () => {
      layer.magnetizer.close();
      await served.close();
      await Promise.race([cache.disconnect().catch(() => {}), sleep(1_000)]);
    },
  };
}

/** With a redis-server of its own, that ends with the row. */
const withRedis =
  (fault: (redis: Redis) => Promise<void> | void, ...args: readonly string[]): ServerRow['play'] =>
  async () => {
    const redis = await Redis.start(...args);
    try {
      return await watched(redis.port, () => fault(redis));
    } finally {
      redis.signal('SIGCONT');
      await redis.end();
    }
  };

/** Faults of the cache that origins share. */
export const redisRows: readonly ServerRow[] = [
  {
    fault: 'The shared cache is dead from the start',
    promised: 'each origin hashes for itself',
    play: async () => watched(await freePort(), () => {}),
  },
  {
    fault: 'The shared cache dies',
    promised: 'each origin hashes for itself',
    play: withRedis((redis) => redis.end()),
  },
  {
    fault: 'The shared cache hangs',
    promised: 'no playlist waits for it beyond its time',
    play: withRedis((redis) => redis.signal('SIGSTOP')),
  },
  {
    fault: 'The shared cache hangs for 2 s, again and again',
    promised: 'no playlist waits for it beyond its time',
    play: withRedis((redis) => {
      void (async () => {
        for (let turn = 0; turn < 2; turn++) {
          redis.signal('SIGSTOP');
          await sleep(2_000);
          redis.signal('SIGCONT');
          await sleep(500);
        }
      })();
    }),
  },
  {
    fault: 'The shared cache is full',
    promised: 'each origin hashes for itself',
    play: withRedis((redis) => void redis.cli('CONFIG', 'SET', 'maxmemory', '1'), '--maxmemory-policy', 'noeviction'),
  },
  {
    fault: 'The shared cache comes back empty',
    promised: 'it is filled again',
    play: withRedis(async (redis) => {
      await redis.end();
      await redis.begin();
    }),
  },
  {
    fault: 'The shared cache is emptied',
    promised: 'it is filled again',
    play: withRedis((redis) => {
      promise('the cache is used', redis.cli('DBSIZE').trim() !== '0');
      redis.cli('FLUSHALL');
    }),
  },
];

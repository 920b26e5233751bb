import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { freePort } from '../../../harness/serve.mjs';
import { createMagnetizer, type Magnetizer, readMagnets } from '../src/index.js';

/** Two origins that share a real redis-server through Keyv. */
const present = spawnSync('redis-server', ['--version']).status === 0;
if (!present) process.stdout.write('redis-server is not installed: the tests of the shared cache are skipped\n');

const URL_ = 'http://origin.example/live/index.m3u8';
const live = (first: number): string =>
  `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${first}\n${[0, 1, 2].map((i) => `#EXTINF:4,\ns${first + i}.ts\n`).join('')}`;

async function startRedis(port: number): Promise<ChildProcess> {
  const redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
  await new Promise<void>((resolve) => {
    redis.stdout.on('data', (text) => /Ready to accept/.test(String(text)) && resolve());
  });
  return redis;
}

async function stop(redis: ChildProcess): Promise<void> {
  if (redis.exitCode !== null || redis.signalCode !== null) return;
  const ended = new Promise((resolve) => redis.once('exit', resolve));
  redis.kill('SIGKILL');
  await ended;
}

(present ? describe : describe.skip)('a cache in redis', () => {
  let redis: ChildProcess;
  let port: number;
  let stores: Keyv[] = [];
  const reads: string[] = [];

  function origin(validator?: string): Magnetizer {
    const cache = new Keyv({ store: new KeyvRedis(`redis://127.0.0.1:${port}`), useKeyPrefix: false });
    cache.on('error', () => {});
    stores.push(cache);
    return createMagnetizer({
      cache,
      // A busy machine is slow, not wrong.
      timeBudget: 5_000,
      readSegment: async ({ url }) => {
        reads.push(url);
        const bytes = new TextEncoder().encode(url);
        return validator === undefined ? bytes : { bytes, validator };
      },
      ...(validator === undefined ? {} : { validateSegment: async () => validator }),
    });
  }
  const magnets = async (magnetizer: Magnetizer, first: number): Promise<number> =>
    readMagnets(await magnetizer.magnetize(live(first), { url: URL_ })).length;

  beforeEach(async () => {
    port = await freePort();
    redis = await startRedis(port);
    reads.length = 0;
  });
  afterEach(async () => {
    await Promise.allSettled(stores.map((store) => store.disconnect()));
    stores = [];
    await stop(redis);
  });

  it('lets a fleet hash each segment once', async () => {
    const [a, b] = [origin('"v1"'), origin('"v1"')];
    expect(await magnets(a, 7)).toBe(3);
    expect(await magnets(b, 7)).toBe(3);
    expect(await magnets(b, 8)).toBe(3);
    expect(await magnets(a, 8)).toBe(3);
    expect(reads).toHaveLength(4);
    expect(b.stats()).toMatchObject({ sharedHits: 3, segmentsHashed: 1 });
  });

  it('shares no hash without a validator: a name may have been written again since', async () => {
    for (const one of [origin(), origin()]) expect(await magnets(one, 7)).toBe(3);
    expect(reads).toHaveLength(6);
  });

  it('lets another validator be another hash', async () => {
    expect(await magnets(origin('"v1"'), 7)).toBe(3);
    expect(await magnets(origin('"v2"'), 7)).toBe(3);
    expect(reads).toHaveLength(6);
  });

  it('tells all origins the variables that a Multivariant Playlist lends its renditions', async () => {
    const [a, b] = [origin(), origin()];
    await a.magnetize('#EXTM3U\n#EXT-X-DEFINE:NAME="f",VALUE="x"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex.m3u8\n', {
      url: 'http://origin.example/live/main.m3u8',
    });
    const text = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="f"\n#EXTINF:4,\n{$f}/a.ts\n';
    for (const one of [a, b]) await one.magnetize(text, { url: URL_ });
    expect(reads).toEqual(Array(2).fill('http://origin.example/live/x/a.ts'));
  });

  it('costs no playlist when redis is killed, and is used again when it is back', async () => {
    const [a, b] = [origin('"v1"'), origin('"v1"')];
    expect(await magnets(a, 7)).toBe(3);
    await stop(redis);
    expect(await magnets(a, 8)).toBe(3);
    expect(await magnets(b, 8)).toBe(3);
    expect(a.stats().cacheFailures + b.stats().cacheFailures).toBeGreaterThan(0);
    redis = await startRedis(port);
    const deadline = Date.now() + 20_000;
    for (let first = 100; b.stats().sharedHits === 0 && Date.now() < deadline; first += 100) {
      await magnets(a, first);
      await magnets(b, first);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(b.stats().sharedHits).toBeGreaterThan(0);
  }, 40_000);
});

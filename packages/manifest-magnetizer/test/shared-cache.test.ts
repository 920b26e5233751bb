import { createMagnetizer, type MagnetCache, type Magnetizer, readMagnets } from '../src/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const URL_ = 'http://origin.example/live/index.m3u8';
const PLAYLIST = '#EXTM3U\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n';
const bytesOf = (url: string): Uint8Array => new TextEncoder().encode(url);

function memory(): MagnetCache & { entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value) => entries.set(key, value),
  };
}

function origin(cache: MagnetCache, reads: string[] = [], now = () => 0): Magnetizer {
  return createMagnetizer({
    cache,
    now,
    timeBudget: 5_000,
    readSegment: async ({ url }) => {
      reads.push(url);
      return { bytes: bytesOf(url), validator: '"1"' };
    },
    validateSegment: async () => '"1"',
  });
}
const hashes = async (magnetizer: Magnetizer): Promise<string[]> =>
  readMagnets(await magnetizer.magnetize(PLAYLIST, { url: URL_ })).map(({ infoHash }) => infoHash);
const RIGHT = ['a.ts', 'b.ts'].map(
  (name) => createSegmentMagnet(bytesOf(`http://origin.example/live/${name}`)).infoHash,
);

describe('a shared cache', () => {
  it('lets origins that are asked at the same time read each segment once', async () => {
    const reads: string[] = [];
    const cache = memory();
    const origins = Array.from({ length: 5 }, () => origin(cache, reads));
    expect(await Promise.all(origins.map(hashes))).toEqual(Array(5).fill(RIGHT));
    expect(reads).toHaveLength(2);
  });

  it('does not let a process that died with its claim hold the others for longer than the claim', async () => {
    const cache = memory();
    const claims = { ...cache, get: async (key: string) => (key.includes(':claim:') ? 'somebody' : cache.get(key)) };
    expect(await hashes(origin(claims))).toEqual(RIGHT);
  }, 20_000);

  it('cannot bring in what is no magnet of ours', async () => {
    const cache = memory();
    await hashes(origin(cache));
    for (const wrong of ['', 'x', `magnet:?xt=urn:btih:${'a'.repeat(40)}&xl=5`, 5 as unknown as string]) {
      for (const key of cache.entries.keys()) {
        if (key.includes(':magnet:')) cache.entries.set(key, wrong);
        else cache.entries.delete(key);
      }
      const reads: string[] = [];
      expect(await hashes(origin(cache, reads))).toEqual(RIGHT);
      expect(reads).toHaveLength(2);
    }
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no connection'))],
    [
      'throws',
      () => {
        throw new Error('closed');
      },
    ],
    ['never answers', () => new Promise<never>(() => {})],
  ])('that %s costs no magnet, and is left alone for five seconds', async (_, call) => {
    let calls = 0;
    const clock = { now: 0 };
    const failing = () => {
      calls++;
      return call();
    };
    const magnetizer = origin({ get: failing, set: failing }, [], () => clock.now);
    expect(await hashes(magnetizer)).toEqual(RIGHT);
    const before = calls;
    clock.now = 4_999;
    await magnetizer.magnetize('#EXTM3U\n#EXTINF:4,\nc.ts\n', { url: URL_ });
    expect(calls).toBe(before);
    clock.now = 5_000;
    await magnetizer.magnetize('#EXTM3U\n#EXTINF:4,\nd.ts\n', { url: `${URL_}?2` });
    expect(calls).toBeGreaterThan(before);
    expect(magnetizer.stats().cacheFailures).toBe(calls);
  });
});

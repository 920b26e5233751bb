import { createMagnetizer, stripPlaylist } from '../src/index.js';

/** Bytes that the magnetizer adds to a live playlist of so many segments of 2 MB. */
async function added(count: number): Promise<number> {
  const bytes = new Uint8Array(2_000_000);
  const magnetizer = createMagnetizer({
    readSegment: async ({ url }) => {
      bytes[0] = Number(/\d+/.exec(url.slice(-8))?.[0]) & 255;
      return bytes.slice();
    },
    announce: ['wss://tracker.example.org/announce'],
    timeBudget: 120_000,
    maxAtOnce: count,
  });
  const segments = Array.from({ length: count }, (_, i) => `#EXTINF:4,\nseg${i % 7}.ts\n`).join('');
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n${segments}`;
  const out = await magnetizer.magnetize(playlist, { url: 'http://origin.example/index.m3u8' });
  expect(out.match(/^###magnet:/gm)).toHaveLength(count);
  expect(stripPlaylist(out)).toBe(playlist);
  return out.length - playlist.length;
}

describe('an annotated playlist', () => {
  it('is at most 2 KB larger for a live window of 5 segments', async () => {
    expect(await added(5)).toBeLessThanOrEqual(2048);
  });

  it('is at most 140 KB larger for a window of 1,800 segments', async () => {
    expect(await added(1800)).toBeLessThanOrEqual(140_000);
  }, 120_000);
});

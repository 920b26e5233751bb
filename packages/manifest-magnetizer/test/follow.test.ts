import { createMagnetizer, followPlaylist, readMagnets } from '../src/index.js';

const MAIN = 'http://origin.example/main.m3u8';
const live = (first: number, end = ''): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n#EXTINF:2,\ns${first}.ts\n#EXTINF:2,\ns${first + 1}.ts\n${end}`;

describe('followPlaylist', () => {
  it('hashes the new segments of all renditions before anyone asks, until the playlists end', async () => {
    const reads: string[] = [];
    const waits: number[] = [];
    const errors: string[] = [];
    let first = 0;
    const magnetizer = createMagnetizer({
      readSegment: async ({ url }) => {
        reads.push(url.slice('http://origin.example/'.length));
        return new TextEncoder().encode(url);
      },
    });
    await followPlaylist(magnetizer, {
      url: MAIN,
      signal: new AbortController().signal,
      readPlaylist: async ({ url }) => {
        if (url === MAIN)
          return Buffer.from(
            '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/i.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb/i.m3u8\n',
          );
        if (url.includes('/b/')) return Buffer.from(live(0, '#EXT-X-ENDLIST\n'));
        if (first === 1 && errors.length === 0) throw new Error('gone for a moment');
        return Buffer.from(live(first, first === 2 ? '#EXT-X-ENDLIST\n' : ''));
      },
      onError: (error, url) => errors.push(`${(error as Error).message}: ${url}`),
      delay: async (ms) => {
        waits.push(ms);
        if (waits.length !== 2) first++;
      },
    });
    expect(reads.sort()).toEqual(['a/s0.ts', 'a/s1.ts', 'a/s2.ts', 'a/s3.ts', 'b/s0.ts', 'b/s1.ts']);
    expect(waits).toEqual([1000, 5000, 1000]);
    expect(errors).toEqual(['gone for a moment: http://origin.example/a/i.m3u8']);
    const out = await magnetizer.magnetize(live(2), { url: 'http://origin.example/a/i.m3u8' });
    expect(readMagnets(out)).toHaveLength(2);
    expect(reads).toHaveLength(6);
  });

  it('does not follow a Multivariant Playlist that a Multivariant Playlist names', async () => {
    const reads: string[] = [];
    await followPlaylist(createMagnetizer({ readSegment: async () => new Uint8Array(1) }), {
      url: MAIN,
      signal: new AbortController().signal,
      readPlaylist: async ({ url }) => {
        reads.push(url);
        return Buffer.from('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n');
      },
    });
    expect(reads).toEqual([MAIN, MAIN]);
  });

  it('ends when the signal says so', async () => {
    const controller = new AbortController();
    const magnetizer = createMagnetizer({ readSegment: async () => new Uint8Array(1) });
    const followed = followPlaylist(magnetizer, {
      url: MAIN,
      signal: controller.signal,
      readPlaylist: async () => Buffer.from(live(0)),
    });
    setTimeout(() => controller.abort(), 20);
    await expect(followed).resolves.toBeUndefined();
  });
});

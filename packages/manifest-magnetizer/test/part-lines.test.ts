import { createHash } from 'node:crypto';
import { createMagnetizer, readMagnets, stripPlaylist } from '../src/index.js';
import { readParts } from '../src/playlist/parts.js';

const URL_ = 'https://cdn.example/live.m3u8';
const bytesOf = (url: string, length = 100): Uint8Array => Buffer.alloc(length, url);
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64url');

/** A playlist of two whole segments of `parts` parts each, and of `growing` of the next. */
function playlist(parts: number, growing: number, range = false): string {
  const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:4', '#EXT-X-PART-INF:PART-TARGET=0.4', '#EXT-X-MEDIA-SEQUENCE:5'];
  for (let n = 5; n <= 7; n++) {
    for (let i = 0; i < (n < 7 ? parts : growing); i++)
      lines.push(`#EXT-X-PART:DURATION=0.4,URI="${range ? `${n}.mp4",BYTERANGE="100@${100 * i}"` : `${n}.${i}.mp4"`}`);
    if (n < 7) lines.push('#EXTINF:4,', `${n}.mp4`);
  }
  return `${lines.join('\n')}\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.${growing}.mp4"\n`;
}

function magnetizer(isSlow = (_url: string): boolean => false, parts = true) {
  const read: string[] = [];
  const held: number[] = [];
  const instance = createMagnetizer({
    parts,
    readSegment: ({ url, byteRange }) => {
      read.push(url);
      return isSlow(url) ? new Promise(() => {}) : Promise.resolve(bytesOf(`${url}${byteRange?.offset ?? ''}`));
    },
    delay: async (ms) => {
      held.push(ms);
      // Once what is read at once is hashed.
      await new Promise((resolve) => setTimeout(resolve, 300));
    },
  });
  const magnetize = (text: string, query = '?_HLS_msn=7&_HLS_part=0') =>
    instance.magnetize(text, { url: URL_ + query });
  return { magnetize, read, held, instance };
}

describe('the lines before Partial Segments', () => {
  it('tell length and SHA-1 of the newest eight, of others the length; nothing else is changed', async () => {
    const { magnetize, instance } = magnetizer();
    const text = playlist(3, 3);
    await magnetize(text);
    const annotated = await magnetize(text);
    expect(stripPlaylist(annotated)).toBe(text);
    const parts = readParts(annotated, URL_);
    expect(parts.map(({ length }) => length)).toEqual(Array(9).fill(100));
    expect(parts.map((part) => part.sha1)).toEqual([
      undefined,
      ...parts.slice(1).map(({ url }) => sha1(bytesOf(url ?? ''))),
    ]);
    expect(annotated).toMatch(/^###part:100\.[\w-]{27}\n#EXT-X-PART:DURATION=0\.4,URI="7\.2\.mp4"$/m);
    expect(readMagnets(annotated)).toHaveLength(2);
    expect(instance.stats().partsHashed).toBe(9);
  });

  it('of byte ranges tell the SHA-1 alone', async () => {
    const { magnetize } = magnetizer();
    const annotated = await magnetize(playlist(2, 2, true));
    expect(annotated.match(/^###part:.*$/gm)).toHaveLength(6);
    for (const { url, byteRange, sha1: hash } of readParts(annotated, URL_))
      expect(hash).toBe(sha1(bytesOf(`${url}${byteRange?.offset}`)));
  });

  it('hold a playlist for a twentieth of PART-TARGET, and are left out where that is too short', async () => {
    const { magnetize, held } = magnetizer((url) => url.endsWith('7.0.mp4'));
    const annotated = await magnetize(playlist(1, 1));
    expect(held).toContain(20);
    expect(Math.max(...held)).toBeLessThanOrEqual(25);
    expect(readParts(annotated, URL_).map(({ length }) => length)).toEqual([100, 100, undefined]);
  });

  it('of parts that are read at once are there though nothing is waited for: they are hashed in the same turn', async () => {
    const instance = createMagnetizer({
      parts: true,
      readSegment: async ({ url }) => bytesOf(url, 60_000),
      delay: async () => {},
    });
    const annotated = await instance.magnetize(playlist(2, 1), { url: `${URL_}?_HLS_msn=7&_HLS_part=0` });
    expect(readParts(annotated, URL_).at(-1)?.sha1).toHaveLength(27);
    instance.close();
  });

  it('cost one read a part, however many reloads there are', async () => {
    const { magnetize, read } = magnetizer();
    for (let reload = 0; reload < 4; reload++)
      await Promise.all([magnetize(playlist(2, 2)), magnetize(playlist(2, 2))]);
    expect(read.filter((url) => url.endsWith('7.1.mp4'))).toHaveLength(1);
  });

  it('come after all where a reader hung once, and does not heed its signal', async () => {
    let isHung = false;
    let givenUp = (): void => {};
    const hung = new Promise<void>((resolve) => {
      givenUp = resolve;
    });
    const instance = createMagnetizer({
      parts: true,
      readTimeout: 5,
      readSegment: ({ url }) => {
        if (isHung || !url.endsWith('7.0.mp4')) return Promise.resolve(bytesOf(url));
        isHung = true;
        return new Promise(() => {});
      },
      onError: () => givenUp(),
    });
    const magnetize = () => instance.magnetize(playlist(1, 1), { url: `${URL_}?_HLS_msn=7&_HLS_part=0` });
    await magnetize();
    await hung;
    while (readParts(await magnetize(), URL_).at(-1)?.sha1 === undefined);
    instance.close();
  });

  it('are read no more once the magnetizer is closed, and a reader that hangs is given up', async () => {
    const errors: unknown[] = [];
    const instance = createMagnetizer({
      parts: true,
      readSegment: () => new Promise(() => {}),
      onError: (error) => errors.push(error),
    });
    await instance.magnetize(playlist(1, 1), { url: `${URL_}?_HLS_msn=7&_HLS_part=0` });
    instance.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual(Array(5).fill(new Error('the magnetizer is closed')));
    await instance.magnetize(playlist(1, 2), { url: `${URL_}?_HLS_msn=7&_HLS_part=1` });
    expect(errors).toHaveLength(5);
  });

  it('are none without `parts: true`', async () => {
    const { magnetize, read } = magnetizer(undefined, false);
    await magnetize(playlist(2, 2));
    expect(await magnetize(playlist(2, 2))).not.toContain('###part');
    expect(read).toHaveLength(2);
  });

  it('are none where there are no parts, and nothing waits for them', async () => {
    const { magnetize, held } = magnetizer();
    const text = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n';
    expect(await magnetize(text)).not.toContain('###part');
    expect(held).toEqual([0]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { containerOf } from '../src/folder/container.js';
import { compareNames } from '../src/folder/file-state.js';
import { mediaTime } from '../src/folder/media-time.js';

const fixtures = new URL('./fixtures/', import.meta.url);
const read = (name: string): Uint8Array => readFileSync(new URL(name, fixtures));

async function durations(folder: string, init?: string): Promise<number[]> {
  const names = readdirSync(new URL(folder, fixtures)).filter((name) => /\d\.(?:m2t|m4s)$/.test(name));
  const sorted = names.map((name) => ({ name })).sort(compareNames);
  const times = await Promise.all(
    sorted.map(({ name }) =>
      mediaTime(read(`${folder}/${name}`), init === undefined ? undefined : read(`${folder}/${init}`)),
    ),
  );
  return times.map(({ start, end }) => end - start);
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('the duration of a segment is read from its media', () => {
  it('in a transport stream with B-frames', async () => {
    const each = await durations('ts');
    expect(each.map((duration) => duration.toFixed(3))).toEqual(['1.000', '1.000', '1.000', '1.000', '1.000', '0.700']);
  });

  it('in fMP4 with B-frames, by its initialization section', async () => {
    const each = await durations('fmp4', 'head.mp4');
    expect(each.map((duration) => duration.toFixed(3))).toEqual(['1.000', '1.000', '1.000', '1.000', '1.000', '0.700']);
  });

  it('in sound without video: the sum is that of the source within a frame', async () => {
    const frame = 1024 / 16000;
    // The encoder puts one frame of silence in front and fills the last frame.
    expect(Math.abs(sum(await durations('audio')) - 5.7)).toBeLessThan(2 * frame);
  });

  it('not at all without its initialization section', async () => {
    await expect(mediaTime(read('fmp4/chunk-1.m4s'))).rejects.toThrow();
  });

  it('not in bytes that are no media', async () => {
    await expect(mediaTime(new Uint8Array(188).fill(0x47))).rejects.toThrow();
  });
});

describe('what a file is, is told by its bytes', () => {
  it('knows transport streams, fMP4 segments and initialization sections', () => {
    expect(containerOf(read('ts/part0.m2t'))).toBe('ts');
    expect(containerOf(read('fmp4/chunk-0.m4s'))).toBe('fmp4');
    expect(containerOf(read('fmp4/head.mp4'))).toBe('init');
  });

  it('takes no other file', () => {
    expect(containerOf(read('fmp4/index.m3u8'))).toBeUndefined();
    expect(containerOf(new Uint8Array())).toBeUndefined();
    expect(containerOf(new TextEncoder().encode('Good day, this is text'))).toBeUndefined();
  });

  it.each(['ts/part0.m2t', 'fmp4/chunk-0.m4s', 'fmp4/head.mp4'])('takes no %s that is cut off', (name) => {
    const bytes = read(name);
    for (const length of [1, 7, 9, 100, bytes.length - 1])
      expect(containerOf(bytes.subarray(0, length))).toBeUndefined();
  });

  it('takes a whole film for none of them', () => {
    const film = Buffer.concat([
      read('fmp4/head.mp4'),
      Buffer.from([0, 0, 0, 12]),
      Buffer.from('mdat'),
      Buffer.alloc(4),
    ]);
    expect(containerOf(film)).toBeUndefined();
  });
});

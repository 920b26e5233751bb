import { createMagnetizer, readMagnets } from '../src/index.js';

const URL_ = 'http://origin.example/live/index.m3u8';
const list = (first: number, count: number, end = ''): string =>
  `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${first}\n${Array.from({ length: count }, (_, i) => `#EXTINF:4,\ns${first + i}.ts\n`).join('')}${end}`;

function setUp(maxAtOnce?: number) {
  const reads: number[] = [];
  const clock = { now: 0 };
  const magnetizer = createMagnetizer({
    readSegment: async ({ url }) => {
      reads.push(Number(/s(\d+)/.exec(url)?.[1]));
      return Buffer.from(url);
    },
    now: () => clock.now,
    timeBudget: 5_000,
    ...(maxAtOnce === undefined ? {} : { maxAtOnce }),
  });
  return { reads, clock, magnetizer };
}

describe('a window of hours', () => {
  it('is not read at once when the first viewer comes: the newest 60, then one older segment a second', async () => {
    const { reads, clock, magnetizer } = setUp();
    const out = await magnetizer.magnetize(list(0, 5_000), { url: URL_ });
    expect(readMagnets(out).map(({ uri }) => uri)).toEqual(Array.from({ length: 60 }, (_, i) => `s${4_940 + i}.ts`));
    expect(reads).toHaveLength(60);
    expect(magnetizer.stats().deferred).toBe(4_940);
    for (let viewers = 0; viewers < 5; viewers++) await magnetizer.magnetize(list(0, 5_000), { url: URL_ });
    expect(reads).toHaveLength(60);
    clock.now += 2_000;
    for (let viewers = 0; viewers < 5; viewers++) await magnetizer.magnetize(list(0, 5_000), { url: URL_ });
    expect(reads.slice(60)).toEqual([4_939, 4_938]);
    clock.now += 4_000;
    await magnetizer.magnetize(list(1, 5_000), { url: URL_ });
    expect(reads.slice(62)).toEqual([5_000, 4_937, 4_936, 4_935, 4_934]);
  });

  it('of a playlist that has ended is read from its beginning', async () => {
    const { reads, magnetizer } = setUp(10);
    await magnetizer.magnetize(list(0, 100, '#EXT-X-ENDLIST\n'), { url: URL_ });
    expect(reads).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is read wholly by those who ask for it', async () => {
    const { reads, magnetizer } = setUp(Number.POSITIVE_INFINITY);
    await magnetizer.magnetize(list(0, 300), { url: URL_ });
    expect(reads).toHaveLength(300);
  });
});

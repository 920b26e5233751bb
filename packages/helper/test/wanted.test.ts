import { readSegments } from '@live-torrent/manifest-magnetizer';
import { isLate, SegmentQueue, wantedOf } from '../src/viewer/wanted.js';

const playlist = (first: number, count: number, tail = ''): ReturnType<typeof readSegments> =>
  readSegments(
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${Array.from({ length: count }, (_, i) => `#EXTINF:4,\n${first + i}.ts\n`).join('')}${tail}`,
    'http://origin/live.m3u8',
  );
const numbers = (list: ReturnType<typeof wantedOf>): number[] => list.map(({ mediaSequence }) => mediaSequence);

describe('the segments that a helper asks for', () => {
  it('begin three target durations before the end of a live playlist (RFC 8216 §6.3.3)', () => {
    expect(numbers(wantedOf(playlist(10, 8), undefined, false))).toEqual([15, 16, 17]);
  });

  it('are all of a short one', () => {
    expect(numbers(wantedOf(playlist(0, 2), undefined, false))).toEqual([0, 1]);
  });

  it('are those after the last one from then on', () => {
    expect(numbers(wantedOf(playlist(12, 8), 17, false))).toEqual([18, 19]);
    expect(numbers(wantedOf(playlist(12, 8), 19, false))).toEqual([]);
  });

  it('begin anew where the numbers have gone back, or have left the last one behind', () => {
    expect(numbers(wantedOf(playlist(0, 4), 17, false))).toEqual([1, 2, 3]);
    expect(numbers(wantedOf(playlist(40, 4), 17, false))).toEqual([41, 42, 43]);
  });

  it('are all of a recording, when it is to be held whole', () => {
    expect(numbers(wantedOf(playlist(0, 6, '#EXT-X-ENDLIST\n'), undefined, true))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('come late once a player three target durations behind would have begun to play them', () => {
    expect(isLate(7_900, 4, 4)).toBe(false);
    expect(isLate(8_100, 4, 4)).toBe(true);
  });
});

describe('a queue of segments', () => {
  it('runs as many at a time as each allows, in their order', async () => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const queue = new SegmentQueue<number>((item) => {
      begun.push(item);
      return new Promise((resolve) => {
        ends.push(resolve);
      });
    });
    for (let i = 0; i < 4; i++) queue.add(i, 2);
    expect(begun).toEqual([0, 1]);
    ends[0]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(begun).toEqual([0, 1, 2]);
    queue.clear();
    ends[1]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(begun).toEqual([0, 1, 2]);
  });
});

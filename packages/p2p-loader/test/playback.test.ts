import { bufferedAhead, type MediaLike, Playback } from '../src/schedule/playback.js';

const media = (currentTime: number, ranges: [number, number][], playbackRate = 1): MediaLike => ({
  currentTime,
  playbackRate,
  buffered: {
    length: ranges.length,
    start: (index) => ranges[index]?.[0] ?? 0,
    end: (index) => ranges[index]?.[1] ?? 0,
  },
});

describe('media buffered ahead', () => {
  it.each<[string, MediaLike, number]>([
    ['is none in an empty buffer', media(5, []), 0],
    ['ends where the range ends', media(5, [[0, 12]]), 7],
    [
      'jumps over gaps of up to half a second',
      media(5, [
        [0, 8],
        [8.5, 12],
      ]),
      7,
    ],
    [
      'ends at a longer gap',
      media(5, [
        [0, 8],
        [8.6, 12],
      ]),
      3,
    ],
    ['does not count what lies behind', media(20, [[0, 12]]), 0],
    ['counts a range that begins just ahead', media(5, [[5.3, 9]]), 4],
    ['does not count a range that a seek left far ahead', media(5, [[30, 40]]), 0],
  ])('%s', (_rule, element, seconds) => {
    expect(bufferedAhead(element)).toBeCloseTo(seconds);
  });
});

describe('the time that the player can go on', () => {
  it('is the buffer of the attached element, in ms of its playback rate', () => {
    const playback = new Playback();
    playback.attach(media(5, [[0, 15]], 2));
    expect(playback.left(0)).toBe(5_000);
  });

  it('takes a paused or very slow element for one that plays at a quarter of the speed at least', () => {
    const playback = new Playback();
    playback.attach(media(0, [[0, 1]], 0.01));
    expect(playback.left(0)).toBe(4_000);
    playback.attach(media(0, [[0, 1]], 0));
    expect(playback.left(0)).toBe(1_000);
  });

  it('is none before anything was given', () => {
    expect(new Playback().left(1_000)).toBe(0);
  });

  it('is what was given less the time since, without an element', () => {
    const playback = new Playback();
    playback.delivered(4_000, 1_000);
    playback.delivered(4_000, 2_000);
    expect(playback.left(3_000)).toBe(6_000);
    expect(playback.left(60_000)).toBe(0);
  });

  it('begins anew after the player ran dry', () => {
    const playback = new Playback();
    playback.delivered(4_000, 0);
    playback.delivered(4_000, 100_000);
    expect(playback.left(101_000)).toBe(3_000);
  });

  it('does not count what the player will not play', () => {
    const playback = new Playback();
    playback.delivered(4_000, 1_000);
    playback.delivered(4_000, 2_000);
    playback.discarded(4_000);
    expect(playback.left(3_000)).toBe(2_000);
    playback.attach(media(0, [[0, 3]]));
    playback.delivered(4_000, 10_000);
    expect(playback.left(10_000)).toBe(7_000);
    playback.discarded(4_000);
    expect(playback.left(10_000)).toBe(3_000);
  });

  it('is none after a seek', () => {
    const playback = new Playback();
    playback.delivered(4_000, 0);
    playback.moved();
    expect(playback.left(0)).toBe(0);
  });
});

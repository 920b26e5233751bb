import fc from 'fast-check';
import type { ListedSegment, PlaylistState } from '../src/playlist-catalog.js';
import { isPlaying, neededAt, upcoming } from '../src/schedule/demand.js';

const NOW = 50_000;
const nobody = () => false;
const hash = (n: number): string => n.toString(16).padStart(40, '0');

const listed = (mediaSequence: number): ListedSegment => ({
  infoHash: hash(mediaSequence),
  length: 1_000,
  info: undefined,
  url: `https://cdn.example/${mediaSequence}.ts`,
  range: undefined,
  mediaSequence,
  duration: 4_000,
});

const playlist = (changes: Partial<PlaylistState> = {}): PlaylistState => ({
  url: 'https://cdn.example/live.m3u8',
  segments: Array.from({ length: 12 }, (_, i) => listed(100 + i)),
  targetDuration: 4_000,
  live: true,
  reloadedAt: NOW,
  requested: 103,
  requestedAt: NOW,
  ...changes,
});

describe('a playlist', () => {
  it('is not played before its first request', () => {
    expect(isPlaying(playlist({ requested: undefined }), NOW)).toBe(false);
    expect(upcoming(playlist({ requested: undefined }), NOW)).toEqual([]);
  });

  it('is played while it is reloaded, when live', () => {
    expect(isPlaying(playlist({ requestedAt: 0 }), NOW + 9_999)).toBe(true);
    expect(isPlaying(playlist(), NOW + 10_000)).toBe(false);
  });

  it('is played for a minute after each request, when ended', () => {
    expect(isPlaying(playlist({ live: false, reloadedAt: 0 }), NOW + 59_999)).toBe(true);
    expect(isPlaying(playlist({ live: false }), NOW + 60_000)).toBe(false);
  });
});

describe('the upcoming segments', () => {
  it('follow the requested one: five of a live playlist, two of an ended one', () => {
    const sequences = (state: PlaylistState) => upcoming(state, NOW).map((segment) => segment.mediaSequence);
    expect(sequences(playlist())).toEqual([104, 105, 106, 107, 108]);
    expect(sequences(playlist({ live: false }))).toEqual([104, 105]);
    expect(sequences(playlist({ requested: 111 }))).toEqual([]);
  });

  it('begin with the window when the requested one has left it', () => {
    expect(upcoming(playlist({ requested: 1 }), NOW)[0]?.mediaSequence).toBe(100);
  });
});

describe('when a segment is needed', () => {
  it('is a duration later for each one before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 4 }), (left, ahead) => {
        expect(neededAt(playlist(), hash(104 + ahead), NOW, left, nobody)).toBe(NOW + left + ahead * 4_000);
      }),
    );
  });

  it('is another duration later while the player waits for the requested one', () => {
    const awaited = (infoHash: string) => infoHash === hash(103);
    expect(neededAt(playlist(), hash(104), NOW, 500, awaited)).toBe(NOW + 500 + 4_000);
  });

  it('is never, for what was played, is too far ahead, or is not listed', () => {
    for (const n of [102, 103, 109, 999]) expect(neededAt(playlist(), hash(n), NOW, 0, nobody)).toBeUndefined();
  });
});

import fc from 'fast-check';
import type { ListedSegment } from '../src/playlists/listed-segment.js';
import type { PlaylistState } from '../src/playlists/playlist-catalog.js';
import { isOnDemand, isPlaying, leaves, maxSlack, neededAt, upcoming } from '../src/schedule/demand.js';

const NOW = 50_000;
const none = () => false;
const states = { isHere: none, isAwaited: none, fetchMs: () => 0 };
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
    expect(upcoming(playlist({ requested: undefined }), NOW, none)).toEqual([]);
  });

  it('is played while it is reloaded, when live', () => {
    expect(isPlaying(playlist({ requestedAt: 0 }), NOW + 9_999)).toBe(true);
    expect(isPlaying(playlist(), NOW + 10_000)).toBe(false);
  });

  it('is played for 20 s after each request, when ended', () => {
    expect(isPlaying(playlist({ live: false, reloadedAt: 0 }), NOW + 19_999)).toBe(true);
    expect(isPlaying(playlist({ live: false }), NOW + 20_000)).toBe(false);
  });
});

describe('the upcoming segments', () => {
  const sequences = (state: PlaylistState, isHere: (infoHash: string) => boolean = none) =>
    upcoming(state, NOW, isHere).map((segment) => segment.mediaSequence);

  it('follow the requested one: five of a live playlist', () => {
    expect(sequences(playlist())).toEqual([104, 105, 106, 107, 108]);
    expect(sequences(playlist({ requested: 111 }))).toEqual([]);
  });

  it('begin with the window when the requested one has left it', () => {
    expect(sequences(playlist({ requested: 1 }))[0]).toBe(100);
  });

  it('are the next three that are missing of an ended one', () => {
    const here = new Set([hash(104), hash(106)]);
    expect(sequences(playlist({ live: false }), (infoHash) => here.has(infoHash))).toEqual([105, 107, 108]);
  });

  it.each([
    ['30 s', {}, 110],
    ['16 MiB', { length: 3 * 1024 * 1024 }, 108],
  ])('of an ended one lie within %s', (_bound, changes, last) => {
    const segments = playlist().segments.map((segment) => ({ ...segment, ...changes }));
    const state = playlist({ live: false, segments });
    const found = new Set<number>();
    for (let turn = 0; turn < 12; turn++) {
      for (const sequence of sequences(state, (infoHash) => found.has(Number.parseInt(infoHash, 16))))
        found.add(sequence);
    }
    expect(Math.max(...found)).toBe(last);
  });
});

describe('a segment on demand', () => {
  it('is each of an ended playlist, and of a live one those behind the last five', () => {
    expect(isOnDemand(playlist({ live: false }), hash(111))).toBe(true);
    expect(isOnDemand(playlist(), hash(106))).toBe(true);
    expect(isOnDemand(playlist(), hash(107))).toBe(false);
    expect(isOnDemand(playlist(), hash(999))).toBe(false);
  });

  it('takes a fifth of the buffer and half of a target duration at most: the buffer grows, of picture and sound in turn, too', () => {
    const slackOf = (left: number, targetDuration: number): number =>
      maxSlack(playlist({ live: false, targetDuration }), hash(104), () => left);
    expect([slackOf(5_000, 4_000), slackOf(30_000, 4_000), slackOf(30_000, 10_000)]).toEqual([1_000, 2_000, 4_000]);
    expect(maxSlack(playlist(), hash(107), () => 5_000)).toBe(4_000);
  });
});

describe('when a segment is needed', () => {
  it('is a duration later for each one before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 4 }), (left, ahead) => {
        expect(neededAt(playlist(), hash(104 + ahead), NOW, left, states)).toBe(NOW + left + ahead * 4_000);
      }),
    );
  });

  it('is another duration later while the player waits for the requested one', () => {
    const isAwaited = (infoHash: string) => infoHash === hash(103);
    expect(neededAt(playlist(), hash(104), NOW, 500, { ...states, isAwaited })).toBe(NOW + 500 + 4_000);
  });

  it('is never, for what was played, is too far ahead, or is not listed', () => {
    for (const n of [102, 103, 109, 999]) expect(neededAt(playlist(), hash(n), NOW, 0, states)).toBeUndefined();
  });

  it('counts the segments between that are here', () => {
    const isHere = (infoHash: string) => infoHash === hash(104);
    expect(neededAt(playlist({ live: false }), hash(105), NOW, 500, { ...states, isHere })).toBe(NOW + 500 + 4_000);
  });
});

describe('on a narrow link', () => {
  const fetchMs = ({ infoHash }: ListedSegment): number => (infoHash === hash(104) ? 501 : 0);
  const at = (n: number, link: (listed: ListedSegment) => number) =>
    neededAt(playlist(), hash(n), NOW, 500, { ...states, fetchMs: link });

  it('what the link needs more than 500 ms for comes before what follows it', () => {
    expect(at(104, fetchMs)).toBe(NOW + 500);
    expect(at(105, fetchMs)).toBeUndefined();
    expect(at(106, fetchMs)).toBeUndefined();
  });

  it('what follows begins when the rest takes 500 ms', () => {
    expect(at(105, (listed) => fetchMs(listed) && 500)).toBe(NOW + 500 + 4_000);
  });

  it('so does the requested one, while the player waits for it', () => {
    const link = ({ infoHash }: ListedSegment): number => (infoHash === hash(103) ? 501 : 0);
    expect(at(104, link)).toBe(NOW + 500);
    const isAwaited = (infoHash: string): boolean => infoHash === hash(103);
    expect(neededAt(playlist(), hash(104), NOW, 500, { ...states, isAwaited, fetchMs: link })).toBeUndefined();
  });
});

describe('a rendition is left', () => {
  const high = (n: number) => hash(1_000 + n);
  const other = (requested: number | undefined) =>
    playlist({
      url: 'https://cdn.example/high.m3u8',
      requested,
      segments: playlist().segments.map((segment) => ({ ...segment, infoHash: high(segment.mediaSequence) })),
    });
  const here = (n: number) => ({ isHere: (infoHash: string) => infoHash === high(n), isAwaited: none });
  const awaited = (n: number) => ({ isHere: none, isAwaited: (infoHash: string) => infoHash === high(n) });

  it('by a request for what would have been its next segment', () => {
    const from = other(103);
    expect(leaves(playlist({ requested: 104 }), undefined, [from], false, here(103))).toEqual([from]);
    expect(leaves(playlist({ requested: 104 }), 101, [from], false, here(103))).toEqual([from]);
  });

  it('by a request for what was given up there', () => {
    const from = other(104);
    expect(leaves(playlist({ requested: 104 }), undefined, [from], false, here(103))).toEqual([from]);
  });

  it('not by a request for what the player has of it, or waits for: audio beside video', () => {
    expect(leaves(playlist({ requested: 104 }), undefined, [other(104)], false, here(104))).toEqual([]);
    expect(leaves(playlist({ requested: 104 }), undefined, [other(104)], false, awaited(104))).toEqual([]);
    expect(leaves(playlist({ requested: 104 }), undefined, [other(103)], false, awaited(103))).toEqual([]);
  });

  it('not by a playlist that goes on where it was', () => {
    expect(leaves(playlist({ requested: 104 }), 103, [other(103)], false, here(103))).toEqual([]);
    expect(leaves(playlist({ requested: 104 }), 104, [other(103)], false, here(103))).toEqual([]);
  });

  it('by any request for another where one is played at a time', () => {
    const from = other(108);
    expect(leaves(playlist({ requested: 104 }), 103, [from, other(undefined)], true, awaited(108))).toEqual([from]);
    const own = playlist({ requested: 104 });
    expect(leaves(own, 103, [own], true, awaited(108))).toEqual([]);
  });

  it('not when it was not played, or somewhere else', () => {
    expect(leaves(playlist({ requested: 104 }), undefined, [other(undefined)], false, here(103))).toEqual([]);
    expect(leaves(playlist({ requested: 104 }), undefined, [other(101)], false, here(101))).toEqual([]);
    const own = playlist({ requested: 104 });
    expect(leaves(own, undefined, [own], false, here(103))).toEqual([]);
  });
});

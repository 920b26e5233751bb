import type { ListedSegment } from '../src/playlists/listed-segment.js';
import type { PlaylistState } from '../src/playlists/playlist-catalog.js';
import type { Variant } from '../src/playlists/read-playlist.js';
import { MAX_SLACK_MS } from '../src/schedule/demand.js';
import { type Needed, Needs } from '../src/schedule/needs.js';
import { Playback } from '../src/schedule/playback.js';
import { SAFETY_MARGIN_MS } from '../src/schedule/policy.js';
import { LinkRate } from '../src/segment/link-rate.js';

const NOW = 50_000;
const LEFT = 8_000;
const LENGTH = 2_000_000;
const DURATION = 4_000;
const hash = (n: number): string => n.toString(16).padStart(40, '0');

const listed = (n: number): ListedSegment => ({
  infoHash: hash(n),
  length: LENGTH,
  info: undefined,
  url: `https://cdn.example/${n}.ts`,
  range: undefined,
  mediaSequence: n % 100,
  duration: DURATION,
});

/** Segments 3 to 8 of a rendition whose infohashes are `from` higher. */
const playlist = (from: number, requested: number | undefined): PlaylistState => ({
  url: `https://cdn.example/${from}.m3u8`,
  segments: [3, 4, 5, 6, 7, 8].map((n) => listed(from + n)),
  targetDuration: DURATION,
  live: true,
  reloadedAt: NOW,
  requested,
  requestedAt: NOW,
});

const segment = (n: number, changes: Partial<Needed> = {}): Needed => ({
  infoHash: hash(n),
  length: LENGTH,
  missing: LENGTH,
  duration: DURATION,
  complete: false,
  ...changes,
});

/** @param perMs what the origin's answers showed of the link, bytes/ms; 0: nothing yet */
function setUp({
  perMs = 0,
  isLadder = false,
  isMuxed = false,
  has = [] as string[],
  viewers = 8,
  links = 1,
  variants = [] as Variant[],
} = {}) {
  const link = new LinkRate();
  for (let at = 50; at <= 1_000; at += 50) link.received(50 * perMs, at);
  if (perMs) link.originAnswered(0, 1_000);
  const playback = new Playback();
  playback.delivered(LEFT, NOW);
  const low = playlist(100, 5);
  const high = playlist(200, undefined);
  const awaited = new Map<string, unknown>();
  const known = new Map([104, 105, 106, 107, 206].map((n) => [hash(n), segment(n)]));
  const hinted = new Set<string>();
  const needs = new Needs<Needed>({
    now: () => NOW,
    playback,
    link,
    segment: (infoHash) => known.get(infoHash),
    awaited,
    isHinted: ({ infoHash }) => hinted.has(infoHash),
    links: () =>
      new Map(
        Array.from({ length: links }, (_, i) => [
          `${i}`,
          { has: new Set(has), fetching: new Set<string>(), receiving: new Set<string>() },
        ]),
      ),
    viewers: () => viewers,
    catalog: { playlists: [low, high], isLadder: isLadder || variants.length > 1, isMuxed, variants },
  });
  for (const { infoHash } of low.segments) needs.list(infoHash, low);
  for (const { infoHash } of high.segments) needs.list(infoHash, high);
  return { needs, low, high, awaited, hinted };
}

describe('the longest slack', () => {
  const slack = (options: Parameters<typeof setUp>[0]): number => setUp(options).needs.maxSlack(segment(106));
  const has = [hash(105)];

  it('is 4 s on a wide link', () => {
    expect(slack({ has })).toBe(MAX_SLACK_MS);
  });

  it('is what a narrow link leaves until the next segment', () => {
    expect(slack({ has, perMs: 1_000 })).toBeCloseTo(2_000);
  });

  it('is none where no link plays this rendition, whatever others do', () => {
    expect(slack({ has: [hash(205), hash(206)] })).toBe(0);
  });

  it('is less the fewer viewers there are, where the player chooses between renditions', () => {
    const [four = 0, eight = 0, thousand] = [4, 8, 1_000].map((viewers) => slack({ has, isLadder: true, viewers }));
    expect(four).toBeLessThan(1_000);
    expect(eight).toBeGreaterThan(four);
    expect(eight).toBeLessThan(1_500);
    expect(thousand).toBe(MAX_SLACK_MS);
  });
});

describe('what the origin failed to give', () => {
  const has = [hash(105)];
  const patience = (options: Parameters<typeof setUp>[0], now = NOW): number => {
    const { needs, awaited } = setUp(options);
    awaited.set(hash(106), true);
    return needs.patience(segment(106), now);
  };

  it('may still come from viewers for the slack that there is', () => {
    expect(patience({ has })).toBe(MAX_SLACK_MS);
    const late = LEFT - SAFETY_MARGIN_MS - 500;
    expect(patience({ has }, NOW + late)).toBe(500);
  });

  it('is asked of it by the player itself where nobody is linked, or no time is left', () => {
    expect(patience({ has, links: 0 })).toBe(0);
    expect(patience({ has }, NOW + LEFT)).toBe(0);
    expect(patience({ has: [hash(205)] })).toBe(0);
  });
});

/** The rendition that is played has 4 Mbit/s, which a link of 8 Mbit/s needs 2 s for. */
const ladder = (best: number): Variant[] => [
  { url: 'https://cdn.example/100.m3u8', bandwidth: 4_000_000 },
  { url: 'https://cdn.example/200.m3u8', bandwidth: best },
];

it('timers leave the link its time, where the player measures the transfer itself', () => {
  const slack = (perMs: number, best: number): number => {
    const { needs, low } = setUp({ perMs, variants: ladder(best), has: [hash(105)], viewers: 1_000 });
    needs.requested(listed(106), low, true);
    return needs.maxSlack(segment(106));
  };
  expect(slack(1_000, 4_000_000)).toBe(0);
  expect(slack(1_000, 8_000_000)).toBe(0);
  expect(slack(2_000, 4_000_000)).toBeCloseTo(1_000);
  expect(slack(10_000, 8_000_000)).toBeCloseTo(800);
});

describe('the origin is asked', () => {
  it('so that it is through as long before the need as that takes', () => {
    const { needs, awaited } = setUp({ perMs: 1_000 });
    awaited.set(hash(106), 1);
    expect(needs.at(segment(106), NOW)).toBe(NOW + LEFT);
    expect(needs.askBy(segment(106), NOW)).toBeCloseTo(NOW + LEFT - 4_000);
    // What viewers gave of it does not put that off.
    expect(needs.askBy(segment(106, { missing: LENGTH / 4 }), NOW)).toBeCloseTo(NOW + LEFT - 4_000);
  });
});

describe('viewers are worth waiting for', () => {
  const ASK_BY = NOW + 7_000;
  const arriveBy = (options: Parameters<typeof setUp>[0], measured: boolean, begun = true): number => {
    const { needs, low } = setUp(options);
    needs.requested(listed(106), low, measured);
    return needs.arriveBy(segment(106), ASK_BY, begun) - NOW;
  };

  it('until the origin has to be asked, where the player is told the times or has one rendition', () => {
    expect(arriveBy({ perMs: 1_000, isLadder: true }, false)).toBe(7_000);
    expect(arriveBy({ perMs: 1_000 }, true)).toBe(7_000);
  });

  it('for as long as the link needs, or half the duration, where the player measures the transfer itself', () => {
    expect(arriveBy({ perMs: 1_000, isLadder: true }, true)).toBeCloseTo(2_000 + SAFETY_MARGIN_MS);
    expect(arriveBy({ perMs: 700, isLadder: true }, true)).toBeCloseTo(2_857 + SAFETY_MARGIN_MS, 0);
    expect(arriveBy({ perMs: 10_000, isLadder: true }, true)).toBe(DURATION / 2 + SAFETY_MARGIN_MS);
    expect(arriveBy({ perMs: 100, isLadder: true }, true)).toBe(7_000);
  });

  it('for as long as it takes at twice the best bandwidth, where the link is as wide', () => {
    const within = (perMs: number, best: number) =>
      arriveBy({ perMs, variants: ladder(best) }, true) - SAFETY_MARGIN_MS;
    expect(within(10_000, 4_000_000)).toBeCloseTo(2_000);
    expect(within(10_000, 6_000_000)).toBeCloseTo(1_333, 0);
    expect(within(1_000, 6_000_000)).toBeCloseTo(2_000);
    expect(within(10_000, 1_000_000)).toBeCloseTo(2_000);
  });

  it('and are asked, but for a player that measures on a link that is less than twice as wide as the best rendition', () => {
    const asks = (perMs: number, measured: boolean, best = 4_000_000): boolean => {
      const { needs, low } = setUp({ perMs, variants: ladder(best) });
      expect(needs.asksLinks(segment(106))).toBe(true);
      needs.requested(listed(105), low, measured);
      return needs.asksLinks(segment(106));
    };
    expect(asks(900, false)).toBe(true);
    expect(asks(900, true)).toBe(false);
    expect(asks(1_100, true)).toBe(true);
    expect(asks(1_100, true, 5_000_000)).toBe(false);
    expect(asks(0, true)).toBe(true);
  });

  it('and give the parts of a segment in any order, where the player does not measure', () => {
    const { needs, low } = setUp();
    expect(needs.splits(segment(106))).toBe(true);
    needs.requested(listed(106), low, true);
    expect(needs.splits(segment(106))).toBe(false);
    needs.forget(hash(106));
    expect(needs.splits(segment(106))).toBe(true);
  });

  it('for as much less while they gave nothing as the link needs', () => {
    expect(arriveBy({ perMs: 2_000, isLadder: true }, true, false)).toBeCloseTo(1_000 + SAFETY_MARGIN_MS);
  });
});

describe('while the player waits on a narrow link', () => {
  it('nothing else is wanted, named by playlists or by hints', () => {
    const { needs, awaited, hinted } = setUp({ perMs: 1_000 });
    hinted.add(hash(9));
    expect(needs.at(segment(106), NOW)).toBeDefined();
    expect(needs.at(segment(9), NOW)).toBeDefined();
    awaited.set(hash(105), 1);
    expect(needs.at(segment(105), NOW)).toBeDefined();
    expect(needs.at(segment(106), NOW)).toBeUndefined();
    expect(needs.at(segment(9), NOW)).toBeUndefined();
  });

  it('on a wide one it is', () => {
    const { needs, awaited, hinted } = setUp({ perMs: 10_000 });
    hinted.add(hash(9));
    awaited.set(hash(105), 1);
    expect(needs.at(segment(106), NOW)).toBeDefined();
    expect(needs.at(segment(9), NOW)).toBeDefined();
  });
});

describe('a request for another rendition', () => {
  it('makes what is on its way of the one before useless, and what was hinted at', () => {
    const { needs, low, high, awaited } = setUp({ isMuxed: true });
    awaited.set(hash(107), 1);
    const isUseless = needs.requested(listed(206), high);
    expect(low.requested).toBeUndefined();
    expect([104, 106, 9].map((n) => isUseless(segment(n)))).toEqual([true, true, true]);
    expect([107, 206].map((n) => isUseless(segment(n)))).toEqual([false, false]);
  });

  it('a request for the next of the same makes nothing useless', () => {
    const { needs, low } = setUp({ isMuxed: true });
    const isUseless = needs.requested(listed(106), low);
    expect([104, 106, 206, 9].some((n) => isUseless(segment(n)))).toBe(false);
    expect(low.requested).toBe(6);
  });
});

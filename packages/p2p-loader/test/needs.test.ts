import { Throughput } from '../src/mesh/throughput.js';
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
  requestedAt: requested === undefined ? 0 : NOW,
});

const segment = (n: number, changes: Partial<Needed> = {}): Needed => ({
  infoHash: hash(n),
  length: LENGTH,
  missing: LENGTH,
  duration: DURATION,
  complete: false,
  fetching: false,
  ...changes,
});

/** @param perMs what the origin's answers showed of the link, bytes/ms; 0: nothing yet */
function setUp({
  perMs = 0,
  isLadder = false,
  isMuxed = false,
  has = [] as string[],
  asked = [] as string[],
  links = 1,
  best = 0,
  variants = [] as Variant[],
} = {}) {
  const link = new LinkRate();
  for (let at = 50; at <= 1_000; at += 50) link.received(50 * perMs, at);
  if (perMs) link.originAnswered(0, 1_000);
  const throughput = new Throughput();
  if (best > 0) throughput.add(best, 1_000, NOW);
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
          {
            has: new Set(has),
            fetching: new Set<string>(),
            receiving: new Set<string>(),
            asked: new Set(asked),
            throughput,
          },
        ]),
      ),
    catalog: { playlists: [low, high], isLadder: isLadder || variants.length > 1, isMuxed, variants },
  });
  for (const { infoHash } of low.segments) needs.list(infoHash, low);
  for (const { infoHash } of high.segments) needs.list(infoHash, high);
  return { needs, low, high, awaited, hinted, known, playback };
}

it('what follows is not needed while the first answer of the origin is on its way, which shows what the link carries', () => {
  const wanted = (fetching: boolean, perMs = 0): boolean => {
    const { needs, known } = setUp({ perMs });
    known.set(hash(106), segment(106, { fetching, missing: 1 }));
    return needs.at(segment(107), NOW) !== undefined;
  };
  expect([wanted(true), wanted(false), wanted(true, 1_000)]).toEqual([false, true, true]);
});

describe('the longest slack', () => {
  const slack = (options: Parameters<typeof setUp>[0]): number => setUp(options).needs.maxSlack(segment(106));
  const has = [hash(105)];

  it('is 4 s on a wide link', () => {
    expect(slack({ has })).toBe(MAX_SLACK_MS);
  });

  it('is the same on a narrow one: what follows is waited for at the same time', () => {
    expect(slack({ has, perMs: 1_000 })).toBe(MAX_SLACK_MS);
  });

  it('is none where no link plays this rendition, whatever others do', () => {
    expect(slack({ has: [hash(205), hash(206)] })).toBe(0);
  });

  it('is there where a link has all of this rendition from this viewer: or the first to fetch would fetch everything', () => {
    expect(slack({ asked: has })).toBe(MAX_SLACK_MS);
  });

  it('is a second once the player waits, where it chooses between renditions', () => {
    const { needs, awaited } = setUp({ has, isLadder: true });
    expect(needs.maxSlack(segment(106))).toBe(MAX_SLACK_MS);
    awaited.set(hash(106), 1);
    expect(needs.maxSlack(segment(106))).toBe(1_000);
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

describe('the origin is asked', () => {
  it('for what is missing, so that it is through as long before the need as all of it takes', () => {
    const { needs } = setUp({ perMs: 1_000 });
    const at = NOW + LEFT;
    expect(needs.at(segment(106), NOW)).toBe(at);
    expect(at - needs.askAhead(segment(106))).toBeCloseTo(at - 4_000);
    expect(at - needs.askAhead(segment(106, { missing: LENGTH / 4 }))).toBeCloseTo(at - 2_500);
  });
});

it('links are asked on a narrow link where all together would bring the segment in 0.8 of its duration, at their best of late', () => {
  const asks = (options: Parameters<typeof setUp>[0]): boolean => setUp(options).needs.asksLinks(segment(106));
  expect(asks({ perMs: 1_000, links: 2, best: 312_500 })).toBe(true);
  expect(asks({ perMs: 1_000, links: 2, best: 312_000 })).toBe(false);
  expect(asks({ perMs: 1_000, links: 2, best: 0 })).toBe(true);
  // The link takes 0.2 s for it: nobody is in the way.
  expect(asks({ perMs: 10_000, links: 2, best: 1_000 })).toBe(true);
});

it('viewers that are too slow to be asked on a narrow link are left to fetch for each other, as one line may carry all of them', () => {
  const { needs } = setUp({ perMs: 1_000, links: 2, best: 100_000 });
  expect(needs.asksLinks(segment(106))).toBe(false);
  expect(needs.leavesToOthers(segment(106))).toBe(true);
});

describe('for a player that measures', () => {
  const variants = (best = 4_000_000): Variant[] => [
    { url: 'https://cdn.example/100.m3u8', bandwidth: 4_000_000 },
    { url: 'https://cdn.example/200.m3u8', bandwidth: best },
  ];
  const measuring = (perMs: number, measured = true, best?: number) => {
    const all = setUp({ perMs, isLadder: true, variants: variants(best), has: [hash(105)] });
    all.needs.requested(listed(105), all.low, measured);
    return all;
  };

  it('links that are less than twice as wide as the best rendition are asked for what it was not told of only', () => {
    const asks = (...link: Parameters<typeof measuring>): [untold: boolean, told: boolean] => {
      const { needs, low } = measuring(...link);
      low.told = 5;
      const untold = needs.asksLinks(segment(106));
      low.told = 6;
      return [untold, needs.asksLinks(segment(106))];
    };
    expect(asks(900)).toEqual([true, false]);
    expect(asks(900, false)).toEqual([true, true]);
    expect(asks(1_100)).toEqual([true, true]);
    expect(asks(1_100, true, 5_000_000)).toEqual([true, false]);
    expect(asks(0)).toEqual([true, true]);
  });

  it('of a rendition that it has just come to it may ask for all', () => {
    const { needs, low } = measuring(900);
    low.told = undefined;
    expect(needs.asksLinks(segment(106))).toBe(false);
    // Only links named it yet.
    expect(needs.asksLinks(segment(99))).toBe(true);
  });

  it.each([900, 10_000])('what it was told of leaves no slack, and is left to nobody, with %d bytes/ms', (perMs) => {
    const { needs, low } = measuring(perMs);
    const says = () => [needs.maxSlack(segment(106)) > 500, needs.leavesToOthers(segment(106))];
    low.told = 5;
    expect(says()).toEqual([true, true]);
    low.told = 6;
    expect(says()).toEqual([false, false]);
  });

  it('what it was told of may still come from viewers where the origin failed', () => {
    const { needs, low, awaited } = measuring(10_000);
    low.told = 6;
    awaited.set(hash(106), 1);
    expect(needs.patience(segment(106), NOW)).toBe(1_000);
  });

  it.each([
    ['on demand', { live: false }],
    ['that is no variant', { url: 'https://cdn.example/audio.m3u8' }],
  ])('what it was told of a playlist %s is left to others', (_which, changes) => {
    const { needs, low } = measuring(900);
    needs.list(hash(106), { ...low, told: 6, ...changes });
    expect(needs.leavesToOthers(segment(106))).toBe(true);
  });
});

it('the player is told of a segment that is not here when what it has lasts as long as the link needs, and a margin', () => {
  const tellBy = (perMs: number): number => {
    const { needs, low } = setUp({ perMs });
    return needs.tellBy(listed(107), low);
  };
  // It has not asked for 106 yet.
  expect(tellBy(0)).toBe(NOW + LEFT + DURATION - SAFETY_MARGIN_MS);
  expect(tellBy(1_000)).toBeCloseTo(NOW + LEFT + DURATION - 2_000 - SAFETY_MARGIN_MS);
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

  describe('where the player has that time of the one before', () => {
    const variant = (from: number): Variant => ({ url: `https://cdn.example/${from}.m3u8`, bandwidth: 1_000_000 });
    const variants = [variant(100), variant(200)];
    /** How long the player can go on once it has asked for `n` of the higher rendition, ms. */
    const left = (n: number, complete: boolean, ladder = variants, perMs = 0): number => {
      const { needs, high, known, playback } = setUp({ variants: ladder, perMs });
      known.set(hash(105), segment(105, { complete }));
      needs.requested(listed(n), high);
      return playback.left(NOW);
    };

    it('the player can go on for less: it does not play that', () => {
      expect([left(205, true), left(204, true)]).toEqual([LEFT - DURATION, LEFT - DURATION]);
    });

    it('it can go on as long, where it asks for what follows, or was not given that', () => {
      expect([left(206, true), left(205, false)]).toEqual([LEFT, LEFT]);
    });

    it('it is left the moment in which that counts where the line takes over half as long as it plays: a link may come', () => {
      expect([left(205, true, variants, 1_001), left(205, true, variants, 999)]).toEqual([LEFT - DURATION, LEFT]);
    });

    it('it can go on as long where both are played, as audio and video', () => {
      expect(left(205, true, [variant(100), variant(300)])).toBe(LEFT);
    });

    it('it is told once', () => {
      const { needs, high, known, playback } = setUp({ variants });
      known.set(hash(105), segment(105, { complete: true }));
      for (let times = 0; times < 2; times++) needs.requested(listed(205), high);
      expect(playback.left(NOW)).toBe(LEFT - DURATION);
    });
  });

  it('a request for the next of the same makes nothing useless', () => {
    const { needs, low } = setUp({ isMuxed: true });
    const isUseless = needs.requested(listed(106), low);
    expect([104, 106, 206, 9].some((n) => isUseless(segment(n)))).toBe(false);
    expect(low.requested).toBe(6);
  });
});

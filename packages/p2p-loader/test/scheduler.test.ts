import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import { encodeInfo, formatInfo, pieceLengthFor } from '@live-torrent/manifest-magnetizer/info';
import { MAX_FALSE_HINTS } from '../src/schedule/gossip.js';
import { LISTEN_MS, MAX_RELAYS, MAX_STRIKES, WORD_LIFE_MS } from '../src/schedule/policy.js';
import { settle } from './fake-source.js';
import { type FakeLink, FakeSegment, hash, SELF, World } from './scheduler-fixtures.js';

let world: World;
/** Moves the clock and the timers together. */
const pass = (ms: number): void => {
  for (let left = ms; left > 0; left -= 10) {
    world.now += Math.min(10, left);
    jest.advanceTimersByTime(Math.min(10, left));
  }
};

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
  world = new World();
  world.now = 10_000;
});
afterEach(() => {
  world.scheduler.stop();
  jest.useRealTimers();
});

const fetching = (from: number, h = hash(7)) => ({ t: 'fetching' as const, h, f: hash(from), a: 0 });
const consider = (segment: FakeSegment): void => world.scheduler.consider(segment.asSegment);

describe('the scheduler', () => {
  it('asks the origin at once for what is needed at once, and tells that it does', () => {
    world.link(1);
    const segment = world.segment(7, world.now);
    consider(segment);
    expect(segment.fetches).toBe(1);
    expect(world.told('fetching')).toEqual([{ t: 'fetching', h: hash(7), f: SELF, a: 0 }]);
  });

  it('does nothing for what is not wanted, or is complete', () => {
    world.link(1);
    consider(world.segment(7));
    const complete = world.segment(8, world.now);
    complete.complete = true;
    consider(complete);
    pass(10_000);
    expect([...world.segments.values()].map(({ fetches }) => fetches)).toEqual([0, 0]);
  });

  it.each([
    ['waits for a first link when it has just joined', false, 0],
    ['waits for none where nobody else is', true, 1],
  ])('%s', (_rule, alone, fetches) => {
    world = new World({ isAlone: () => alone });
    const segment = world.segment(7, world.now + 10_000);
    consider(segment);
    pass(1_000);
    expect(segment.fetches).toBe(fetches);
  });

  it('waits for its timer while there is slack', () => {
    world.link(1);
    const segment = world.segment(7, world.now + 10_000);
    consider(segment);
    pass(1_000);
    expect(segment.fetches).toBe(0);
    pass(4_000);
    expect(segment.fetches).toBe(1);
  });

  it('goes in its turn among the viewers that it knows of', () => {
    world.link(1).neighbours.add(hash(2));
    const waited = [500, 1].map((nearest) => {
      const segment = world.segment(nearest, world.now + 10_000);
      consider(segment);
      const from = world.now;
      while (segment.fetches === 0) pass(50);
      return world.now - from;
    });
    // The same number drawn: the first of three, and the last.
    expect(waited[1]).toBeGreaterThan((waited[0] ?? 0) + 1_000);
    expect(waited[1]).toBeLessThanOrEqual(4_000 + LISTEN_MS);
  });

  it.each([
    ['leaves it to another that says so meanwhile, whose place is before', 3, 0],
    ['fetches where another says so meanwhile, whose place is after', 700, 1],
  ])('says that it will fetch, and %s', (_rule, other, fetches) => {
    const link = world.link(1);
    const segment = world.segment(7, world.now + 60_000);
    consider(segment);
    while (world.told('fetching').length === 0) pass(10);
    expect(world.told('fetching')).toEqual([{ t: 'fetching', h: hash(7), f: SELF, a: 0, w: LISTEN_MS }]);
    pass(LISTEN_MS / 2);
    world.scheduler.receive(link.asLink, { ...fetching(other), a: 1 });
    expect(segment.fetches).toBe(0);
    pass(LISTEN_MS);
    expect(segment.fetches).toBe(fetches);
  });

  it('believes a fetch that begins later from then on', () => {
    const held = (w: number) => {
      world = new World();
      const link = world.link(1);
      const segment = world.segment(7, world.now + 60_000);
      world.random = 0;
      world.scheduler.receive(link.asLink, { ...fetching(1), w });
      consider(segment);
      const from = world.now;
      while (link.strikes === 0) pass(10);
      return world.now - from;
    };
    expect(held(0)).toBe(WORD_LIFE_MS);
    expect(held(200)).toBe(WORD_LIFE_MS + 200);
    // No longer than anybody listens.
    expect(held(60_000)).toBe(WORD_LIFE_MS + LISTEN_MS);
  });

  it.each([
    ['soon where viewers give too slowly for when it has to be here', 3_000, 1],
    ['not while they are in time', 30_000, 0],
  ])('asks the origin %s', (_rule, within, fetches) => {
    const link = world.link(1);
    link.receiving.add(hash(7));
    const segment = world.segment(7, world.now + within);
    consider(segment);
    for (let step = 0; step < 20; step++) {
      world.scheduler.blockArrived(segment.asSegment, link.id, 10_000);
      segment.missing -= 10_000;
      pass(100);
    }
    expect(segment.fetches).toBe(fetches);
  });

  it('counts its timer from the moment at which links told of the segment', () => {
    const after = (seconds: number) => {
      world = new World();
      world.link(1);
      const segment = world.segment(7, world.now + 20_000);
      segment.sources.clear();
      consider(segment);
      pass(seconds * 1_000);
      segment.sources.set('url', {});
      consider(segment);
      const named = world.now;
      while (segment.fetches === 0) pass(100);
      return world.now - named;
    };
    const timer = after(0);
    expect(timer).toBeGreaterThan(2_000);
    expect(after(1)).toBe(timer - 1_000);
    expect(after(4)).toBeLessThanOrEqual(200 + LISTEN_MS);
  });

  it('tells again each second of a fetch that goes on', () => {
    world.link(1);
    consider(world.segment(7, world.now));
    pass(3_500);
    expect(world.told('fetching').length).toBeGreaterThanOrEqual(3);
    expect(world.told('fetching').length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['links only where the origin is not to be asked', { asksOrigin: () => false }, 0, 1],
    ['the origin only where links are not to be asked', { asksLinks: () => false }, 1, 0],
  ])('asks %s', (_rule, environment, fetches, begun) => {
    world = new World(environment);
    const link = world.link(1000);
    const segment = world.segment(7, world.now);
    link.has.add(segment.infoHash);
    consider(segment);
    pass(10_000);
    expect(segment.fetches).toBe(fetches);
    expect(link.begun).toHaveLength(begun);
  });

  it('is held back by words of links that are too slow to be asked, and by none where nothing is left to others', () => {
    const waits = (leavesToOthers: boolean): boolean => {
      world = new World({
        asksLinks: () => false,
        leavesToOthers: () => leavesToOthers,
        originMs: () => 2_000,
        maxSlack: () => 0,
      });
      const segment = world.segment(7, world.now);
      world.receive(world.link(1), fetching(1));
      consider(segment);
      pass(100);
      return segment.fetches === 0;
    };
    expect([waits(true), waits(false)]).toEqual([true, false]);
  });

  it('does not wait for bytes that it hoped for where nothing is left to others any more', () => {
    const state = { leaves: true };
    world = new World({
      asksLinks: () => state.leaves,
      leavesToOthers: () => state.leaves,
      originMs: () => 2_000,
      maxSlack: () => (state.leaves ? 4_000 : 0),
    });
    const link = world.link(1000);
    const segment = world.segment(7, world.now + 5_000);
    link.has.add(segment.infoHash);
    consider(segment);
    expect(link.begun).toHaveLength(1);
    state.leaves = false;
    consider(segment);
    pass(100);
    expect(segment.fetches).toBe(1);
  });

  it('leaves the origin to a link that fetches through the same line, unless that lied or was silent', () => {
    const fetches = (ofSameLine: boolean, silences = 0): number[] => {
      world = new World({ isBeside: () => ofSameLine, askAhead: () => 4_000 });
      const segment = world.segment(7, world.now + 5_500);
      const link = world.link(1);
      link.fetching.add(segment.infoHash);
      link.silences = silences;
      consider(segment);
      pass(2_000);
      const before = segment.fetches;
      pass(3_600);
      return [before, segment.fetches];
    };
    expect([fetches(false), fetches(true), fetches(true, 1)]).toEqual([
      [1, 1],
      [0, 1],
      [1, 1],
    ]);
    world = new World({ isBeside: () => true, askAhead: () => 4_000 });
    const segment = world.segment(7, world.now + 9_000);
    world.receive(world.link(1), fetching(1));
    consider(segment);
    pass(4_500);
    expect(segment.fetches).toBe(1);
  });

  it('leaves the origin alone while viewers bring all of it before the player runs dry', () => {
    const fetches = (dueAt: number): number => {
      world = new World({ askAhead: () => dueAt - 2_000 });
      const link = world.link(1);
      const segment = world.segment(7, dueAt);
      link.receiving.add(segment.infoHash);
      consider(segment);
      // 200 KB/s, of a megabyte that is missing all the time.
      for (let ms = 0; ms < 2_400; ms += 100) {
        world.scheduler.blockArrived(segment.asSegment, link.id, 20_000);
        pass(100);
      }
      return segment.fetches;
    };
    expect([fetches(9_500), fetches(2_000)]).toEqual([0, 1]);
  });

  it('is held back by announcements of others, and goes when those lapse', () => {
    const link = world.link(1);
    const segment = world.segment(7, world.now + 20_000);
    consider(segment);
    for (let second = 0; second < 2; second++) {
      world.receive(link, fetching(2));
      pass(1_000);
    }
    expect(segment.fetches).toBe(0);
    pass(10_000);
    expect(segment.fetches).toBe(1);
  });

  it('counts announcements that came to nothing against the link, which then holds nobody back', () => {
    const liar = world.link(1);
    for (let n = 0; n < MAX_STRIKES; n++) {
      const segment = world.segment(20 + n, world.now + 20_000);
      consider(segment);
      world.receive(liar, fetching(1, segment.infoHash));
      pass(8_000);
      expect(segment.fetches).toBe(1);
    }
    expect(liar.strikes).toBe(MAX_STRIKES);
    const next = world.segment(30, world.now + 20_000);
    consider(next);
    for (let second = 0; second < 4; second++) {
      world.receive(liar, fetching(1, next.infoHash));
      pass(1_000);
    }
    expect(next.fetches).toBe(1);
  });

  it('counts none against a link whose announcement bytes followed', () => {
    const link = world.link(1);
    const segment = world.segment(7, world.now + 20_000);
    consider(segment);
    world.receive(link, fetching(1));
    link.receiving.add(segment.infoHash);
    world.scheduler.blockArrived(segment.asSegment, link.id, 16_384);
    pass(8_000);
    expect(link.strikes).toBe(0);
  });

  it('believes a link again that gives bytes', () => {
    const link = world.link(1);
    link.strikes = MAX_STRIKES;
    const segment = world.segment(7, world.now + 20_000);
    world.scheduler.blockArrived(segment.asSegment, link.id, 16_384);
    world.scheduler.blockArrived(segment.asSegment, link.id, 16_384);
    expect(link.strikes).toBe(MAX_STRIKES - 1);
  });

  it('is not held back longer by announcements without end', () => {
    const link = world.link(1);
    const segment = world.segment(7, world.now + 5_000);
    consider(segment);
    for (let step = 0; step < 38; step++) {
      world.receive(link, fetching(100 + step));
      pass(100);
    }
    expect(segment.fetches).toBe(1);
  });

  it('passes on nothing of a link that is not believed, and nothing once it has some', () => {
    const [a, b] = [world.link(1), world.link(2)];
    a.strikes = MAX_STRIKES;
    world.receive(a, fetching(9));
    world.segment(8).hasSome = true;
    world.receive(b, fetching(9, hash(8)));
    expect(world.broadcasts).toEqual([]);
  });

  it('passes each announcement on once, those of one segment not all at once, to all but whom it came from', () => {
    const [a, b] = [world.link(1), world.link(2)];
    world.receive(a, { ...fetching(9), a: 2 });
    world.receive(b, fetching(8));
    expect(world.broadcasts).toEqual([{ message: { ...fetching(9), a: 3 }, to: [b] }]);
    pass(1_000);
    world.receive(b, fetching(9));
    expect(world.broadcasts).toHaveLength(1);
    world.receive(b, fetching(8));
    expect(world.broadcasts).toHaveLength(2);
  });

  it('passes on at once that a viewer fetches whose place is before those of the others', () => {
    const link = world.link(1);
    world.link(2);
    const told = () => world.told('fetching').map((message) => 'f' in message && message.f);
    for (const fetcher of [57, 153, 41]) world.receive(link, { ...fetching(fetcher), a: 1 });
    expect(told()).toEqual([57, 41].map(hash));
    // Whoever makes up ever nearer ones is heard as seldom as ever.
    for (const fetcher of [25, 9, 3, 4, 5]) world.receive(link, { ...fetching(fetcher), a: 1 });
    expect(told()).toEqual([57, 41, 25, 9].map(hash));
  });

  it('passes nothing on to who hears it otherwise, or has some of the segment', () => {
    const [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6].map((n) => world.link(n)) as [
      FakeLink,
      FakeLink,
      FakeLink,
      FakeLink,
      FakeLink,
      FakeLink,
    ];
    b.neighbours.add(a.id);
    c.neighbours.add(hash(9));
    d.has.add(hash(7));
    e.receiving.add(hash(7));
    f.neighbours.add(b.id);
    world.receive(a, fetching(9));
    expect(world.broadcasts.map(({ to }) => to)).toEqual([[f]]);
  });

  it('tells of what it has to those that lack it, and again to one that lost it', () => {
    const [has, receives, lacks] = [world.link(1), world.link(2), world.link(3)];
    const segment = world.segment(7, world.now);
    has.has.add(hash(7));
    receives.receiving.add(hash(7));
    segment.hasSome = true;
    world.scheduler.pieceArrived(segment.asSegment);
    world.scheduler.completed(segment.asSegment);
    expect(world.broadcasts.map(({ to }) => to)).toEqual([[lacks], [receives, lacks]]);
    world.receive(has, { t: 'lost', h: [hash(7), hash(8)] });
    expect(has.sent).toEqual([]);
    segment.complete = true;
    world.receive(has, { t: 'lost', h: [hash(7), hash(8)] });
    expect(has.sent).toEqual([{ t: 'have', h: [hash(7)] }]);
  });

  it('passes nothing on without end', () => {
    world.receive(world.link(1), { ...fetching(9), a: MAX_RELAYS });
    expect(world.broadcasts).toEqual([]);
  });

  it('goes soon when a link that says it fetches has nothing, later when that link gave before', () => {
    const fetchedAfter = (n: number, trusted: boolean): number => {
      const link = world.link(n);
      link.trusted = trusted;
      const segment = world.segment(40 + n, world.now + 20_000);
      const began = world.now;
      world.random = 0.9;
      consider(segment);
      world.random = 0.3;
      world.receive(link, fetching(n, segment.infoHash));
      while (segment.fetches === 0) pass(50);
      expect(link.trusted).toBe(false);
      world.links.clear();
      return world.now - began;
    };
    const doubted = fetchedAfter(1, false);
    expect(doubted).toBeLessThan(2_000);
    expect(fetchedAfter(2, true)).toBeGreaterThan(doubted);
  });

  it('is held back by who fetches after a lie was found out', () => {
    const [liar, honest] = [world.link(1), world.link(2)];
    const segment = world.segment(7, world.now + 20_000);
    consider(segment);
    world.receive(liar, fetching(1));
    pass(WORD_LIFE_MS + 20);
    expect(liar.strikes).toBe(1);
    world.receive(honest, { ...fetching(9), a: 3 });
    pass(2_000);
    expect(segment.fetches).toBe(0);
    pass(8_000);
    expect(segment.fetches).toBe(1);
  });

  it('gives the place of a link that lied to another, and listens to it again when it has some', async () => {
    const [liar, honest] = [world.link(1001), world.link(1002)];
    const segment = world.segment(7, world.now + 20_000);
    const opened = { ...fetching(1001), f: liar.id };
    world.receive(liar, opened);
    consider(segment);
    expect(liar.begun).toHaveLength(1);
    pass(WORD_LIFE_MS + 20);
    expect(segment.removed).toEqual(liar.begun);
    const relayed = fetching(9);
    const toldOn = () =>
      world.told('fetching').filter((message) => message.t === 'fetching' && message.f === relayed.f);
    world.receive(liar, opened);
    world.receive(liar, relayed);
    pass(500);
    expect([liar.begun.length, toldOn().length]).toEqual([1, 0]);
    world.receive(honest, relayed);
    expect(toldOn()).toHaveLength(1);
    await settle();
    liar.receiving.add(segment.infoHash);
    world.receive(liar, { t: 'part', h: segment.infoHash });
    expect(liar.begun).toHaveLength(2);
  });

  it('waits no longer for a fetcher whose link closed', () => {
    world.random = 0.5;
    const waits = (n: number, closes: boolean): number => {
      const fetcher = world.link(n);
      fetcher.trusted = true;
      world.link(1);
      const segment = world.segment(n, world.now + 20_000);
      const began = world.now;
      consider(segment);
      world.receive(fetcher, fetching(n, segment.infoHash));
      pass(100);
      world.links.delete(fetcher.id);
      if (closes) world.scheduler.linksChanged(fetcher.asLink);
      while (segment.fetches === 0) pass(20);
      segment.complete = true;
      return world.now - began;
    };
    expect(waits(20, true)).toBeLessThan(waits(21, false) - 500);
  });

  it('finds a liar out before its own playlist names the segment', () => {
    const liar = world.link(1);
    const segment = world.segment(7, world.now + 20_000);
    segment.sources.clear();
    consider(segment);
    world.receive(liar, fetching(1));
    pass(WORD_LIFE_MS + 320);
    expect(liar.strikes).toBe(1);
  });

  it('goes earlier when the last segments took long to come', () => {
    world.random = 0.5;
    const waits = (n: number): number => {
      const segment = world.segment(n, world.now + 20_000);
      const began = world.now;
      consider(segment);
      while (segment.fetches === 0) pass(20);
      segment.complete = true;
      return world.now - began;
    };
    world.link(1);
    const before = waits(20);
    for (let n = 30; n < 33; n++) {
      const segment = world.segment(n, world.now + 20_000);
      consider(segment);
      world.receive(world.link(1), { ...fetching(9, segment.infoHash), a: 1 });
      world.now += 3_500;
      segment.complete = true;
      world.scheduler.completed(segment.asSegment);
    }
    expect(waits(21)).toBeLessThan(before - 500);
  });

  it('minds its own announcement no more when that comes back', () => {
    const link = world.link(1);
    const segment = world.segment(7, world.now + 20_000);
    consider(segment);
    world.receive(link, { ...fetching(1), f: SELF });
    expect(world.broadcasts).toEqual([]);
    pass(6_000);
    expect([segment.fetches, link.strikes]).toEqual([1, 0]);
  });

  it('passes on a bounded number of words, and leaves room for those of links that gave something', () => {
    const flood = (link: FakeLink, from: number) => {
      const before = world.broadcasts.length;
      for (let n = 0; n < 1_000; n++) world.receive(link, fetching(9, hash(from + n)));
      return world.broadcasts.length - before;
    };
    const [giver, ...liars] = [1, 2, 3, 4].map((n) => world.link(n)) as [FakeLink, ...FakeLink[]];
    giver.gaveAt = 0;
    expect(liars.map((liar, i) => flood(liar, 10_000 * (i + 1)))).toEqual([40, 40, 40]);
    expect(flood(giver, 50_000)).toBe(280);
    world.now += 1_000;
    expect([flood(liars[0] as FakeLink, 60_000), flood(giver, 70_000)]).toEqual([10, 90]);
  });

  it('remembers a bounded number of announcements', () => {
    const link = world.link(1);
    link.gaveAt = 0;
    for (let n = 0; n < 2_100; n++) {
      world.receive(link, fetching(9, hash(10_000 + n)));
      world.now += 10;
    }
    expect(world.broadcasts).toHaveLength(2_100);
    world.receive(link, fetching(9, hash(10_000)));
    world.receive(link, fetching(9, hash(12_099)));
    expect(world.broadcasts).toHaveLength(2_101);
  });

  it('leaves an origin that failed alone, twice as long each time, 8 s at most', () => {
    const segment = world.segment(7, world.now - 1);
    const waits: number[] = [];
    consider(segment);
    for (let n = 1; n <= 7; n++) {
      segment.fetching = false;
      world.scheduler.originFailed(segment.asSegment);
      const failedAt = world.now;
      while (segment.fetches === n) pass(10);
      waits.push(world.now - failedAt);
    }
    for (const [n, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(8_000, 500 * 2 ** n));
      expect(wait).toBeLessThanOrEqual(Math.min(8_000, 500 * 2 ** n) + 310);
    }
  });

  it('tells once that it has some of a segment, and that it has all of it', () => {
    const segment = world.segment(7, world.now);
    world.scheduler.pieceArrived(segment.asSegment);
    expect(world.broadcasts).toEqual([]);
    segment.hasSome = true;
    world.scheduler.pieceArrived(segment.asSegment);
    world.scheduler.pieceArrived(segment.asSegment);
    world.scheduler.completed(segment.asSegment);
    expect(world.broadcasts.map(({ message }) => message)).toEqual([
      { t: 'part', h: hash(7) },
      { t: 'have', h: [hash(7)] },
    ]);
  });

  it('stops its timers with it, and with a segment that is forgotten', () => {
    world.link(1);
    const segments = [world.segment(7, world.now + 5_000), world.segment(8, world.now + 5_000)] as const;
    for (const segment of segments) consider(segment);
    world.scheduler.forget(hash(7));
    world.scheduler.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a hint', () => {
  const pieceLength = pieceLengthFor(1_000_000);
  const infoOf = (n: number): Uint8Array =>
    encodeInfo({
      length: 1_000_000,
      pieceLength,
      pieces: new Uint8Array(20 * Math.ceil(1_000_000 / pieceLength)).fill(n),
    });
  const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
  const info = infoOf(0);
  const infoHash = sha1(info);
  const hint = { t: 'new' as const, h: infoHash, l: 1_000_000, i: formatInfo(info), after: hash(6) };

  it('is told of what a playlist lists newly, once, with its info dictionary', () => {
    const segment = world.segment(7, world.now, info);
    world.scheduler.gossip.listed(segment.asSegment, hash(6));
    world.scheduler.gossip.listed(segment.asSegment, hash(6));
    expect(world.told('new')).toEqual([{ t: 'new', h: hash(7), l: 1_000_000, i: formatInfo(info), after: hash(6) }]);
  });

  it('is passed on once, to all but whom it came from, and prepared', () => {
    const [a, b] = [world.link(1), world.link(2)];
    world.receive(a, hint);
    world.receive(b, hint);
    expect(world.broadcasts).toEqual([{ message: hint, to: [b] }]);
    expect(world.hinted).toEqual([infoHash]);
  });

  it('is not told again by who heard it', () => {
    const link = world.link(1);
    world.receive(link, { ...hint, h: hash(7) });
    world.scheduler.gossip.listed(world.segment(7, world.now, info).asSegment, hash(6));
    expect(world.told('new')).toHaveLength(1);
  });

  it('gives the segment its info dictionary', () => {
    const link = world.link(1);
    const segment = new FakeSegment(infoHash, undefined);
    world.segments.set(infoHash, segment);
    world.receive(link, hint);
    expect(segment.info).toEqual(info);
    expect(link.strikes).toBe(0);
  });

  it('counts against the link when its info dictionary is another one', () => {
    const link = world.link(1);
    const segment = new FakeSegment(infoHash, undefined);
    world.segments.set(infoHash, segment);
    world.receive(link, { ...hint, i: formatInfo(Uint8Array.of(1)) });
    expect(segment.info).toBeUndefined();
    expect(link.falseHints).toBe(1);
  });

  const named = (n: number): string => sha1(infoOf(n));
  /** Names segment `n` after segment `after`; it is prepared. */
  const name = (link: FakeLink, n: number, after: number): void => {
    world.segments.set(named(n), new FakeSegment(named(n), undefined));
    world.receive(link, { ...hint, h: named(n), i: formatInfo(infoOf(n)), after: named(after) });
  };

  it('counts against the link when another segment is listed in its place, and not while nothing is', () => {
    const link = world.link(1);
    name(link, 107, 6);
    name(link, 108, 107);
    expect(world.scheduler.gossip.judge([named(5), named(6)])).toEqual([]);
    expect(link.falseHints).toBe(0);
    // What was to follow a segment that is none goes with it.
    expect(world.scheduler.gossip.judge([named(5), named(6), named(7)])).toEqual([named(107), named(108)]);
    expect(link.falseHints).toBe(2);
    expect(world.scheduler.gossip.judge([named(5), named(6), named(7)])).toEqual([]);
  });

  it('makes up for one when it was true', () => {
    const link = world.link(1);
    link.falseHints = 2;
    for (const n of [7, 8, 9]) {
      name(link, n, n - 1);
      expect(world.scheduler.gossip.judge([named(n - 1), named(n)])).toEqual([]);
    }
    expect(link.falseHints).toBe(0);
  });

  it('of a link that named too many that are none is neither prepared nor passed on', () => {
    const link = world.link(1);
    for (let n = 0; n < MAX_FALSE_HINTS; n++) {
      name(link, 100 + n, 6);
      world.scheduler.gossip.judge([named(6), named(7)]);
    }
    const before = [world.hinted.length, world.broadcasts.length];
    name(link, 8, 7);
    expect([world.hinted.length, world.broadcasts.length]).toEqual(before);
    // Another link's word is taken.
    name(world.link(2), 8, 7);
    expect(world.hinted.at(-1)).toBe(named(8));
  });

  it('never makes the origin be asked for a segment that no playlist lists', () => {
    world.link(1);
    const segment = world.segment(7, world.now);
    segment.sources.clear();
    consider(segment);
    pass(20_000);
    expect(segment.fetches).toBe(0);
  });
});

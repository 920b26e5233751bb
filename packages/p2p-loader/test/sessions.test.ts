import { jest } from '@jest/globals';
import { formatInfo } from '@live-torrent/manifest-magnetizer/info';
import type { ControlMessage } from '../src/mesh/control.js';
import { HEDGE_MS, MAX_SOURCES } from '../src/schedule/exchange.js';
import { FEW_VIEWERS, MAX_SESSIONS } from '../src/schedule/fair-share.js';
import { LISTEN_MS } from '../src/schedule/policy.js';
import { Sessions } from '../src/schedule/sessions.js';
import { settle } from './fake-source.js';
import { type FakeLink, fakeStream, hash, World } from './scheduler-fixtures.js';

// Larger ids than this viewer's: it opens. Smaller ones: it asks.
const OPENED = [1001, 1002, 1003, 1004, 1005, 1006, 1007];
const ASKED = [1, 2, 3, 4, 5, 6, 7];
const H = hash(77);

let world: World;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
  world = new World();
  world.random = 0;
  world.now = 10_000;
});
afterEach(() => {
  world.scheduler.stop();
  jest.useRealTimers();
});

const offered = (n: number): FakeLink => {
  const link = world.link(n);
  link.has.add(H);
  return link;
};
const connect = (): void =>
  world.scheduler.sessions.connect(world.segments.get(H)?.asSegment as never, world.needed.get(H) as number);
/** Until all sources that it may have at a time were asked. */
const connectAll = (): void => {
  connect();
  world.now += HEDGE_MS;
  connect();
};
const wanted = (info?: Uint8Array | null) => world.segment(77, world.now + 60_000, info);

describe('who exchanges a segment with whom', () => {
  it('is opened by the side with the smaller peer id; the other asks', () => {
    const segment = wanted();
    const [opened, asked] = [offered(1001), offered(1)];
    connectAll();
    expect(opened.begun).toHaveLength(1);
    expect(opened.sent).toEqual([]);
    expect(asked.begun).toEqual([]);
    expect(asked.sent).toEqual([{ t: 'want', h: H }]);
    expect(segment.streams).toEqual(opened.begun);
  });

  it.each([
    ['opened', OPENED],
    ['asked', ASKED],
  ])('is one source, and a bounded number of them when that takes long, %s', (_name, ids) => {
    wanted();
    const links = ids.map(offered);
    const asked = () => links.filter((link) => link.begun.length + link.sent.length > 0);
    connect();
    connect();
    expect(asked()).toHaveLength(1);
    connectAll();
    connect();
    expect(asked()).toHaveLength(MAX_SOURCES);
  });

  it('leaves a place for a source until there is one', () => {
    const served = (sources: number): number => {
      wanted();
      for (let n = 0; n < sources; n++) offered(OPENED[n] as number);
      connectAll();
      let accepted = 0;
      for (const n of ASKED) {
        const { asLink, id } = world.link(n);
        if (world.scheduler.sessions.accept(asLink, fakeStream(id, H))) accepted += 1;
      }
      world.scheduler.sessions.forget(H);
      world.links.clear();
      return accepted;
    };
    expect([served(0), served(1), served(2)]).toEqual([MAX_SESSIONS - 1, MAX_SESSIONS - 1, MAX_SESSIONS - 2]);
  });

  it('prefers links that have it, then those that fetch it, then those that receive it', () => {
    wanted();
    const [none, receives, fetches, has] = [world.link(1001), world.link(1002), world.link(1003), world.link(1004)];
    receives.receiving.add(H);
    fetches.fetching.add(H);
    has.has.add(H);
    for (const expected of [has, fetches, receives]) {
      // One place is left.
      for (let n = 1; n < MAX_SOURCES; n++) {
        const other = world.link(n);
        world.scheduler.sessions.accept(other.asLink, fakeStream(other.id, H));
      }
      const before = expected.begun.length;
      const sum = () => [none, receives, fetches, has].reduce((count, link) => count + link.begun.length, 0);
      const all = sum();
      connect();
      expect([expected.begun.length - before, sum() - all]).toEqual([1, 1]);
      world.scheduler.sessions.forget(H);
      expected.open = false;
    }
  });

  it('is not asked of a fetcher before it begins: it may leave that to another', () => {
    world.random = 0.5;
    const segment = wanted();
    const [fetcher, other] = [world.link(1001), world.link(1002)];
    const hear = ({ id, asLink }: FakeLink, w: number) => {
      world.scheduler.receive(asLink, { t: 'fetching', h: H, f: id, a: 0, w });
    };
    hear(fetcher, LISTEN_MS);
    const pass = (ms: number) => {
      world.now += ms;
      jest.advanceTimersByTime(ms);
    };
    pass(LISTEN_MS - 1);
    expect(fetcher.begun).toHaveLength(0);
    pass(1);
    expect(fetcher.begun).toHaveLength(1);
    expect(segment.streams).toHaveLength(1);
    world.scheduler.forget(H);
    // No longer than anybody listens.
    hear(other, 60_000);
    fetcher.open = false;
    pass(LISTEN_MS);
    expect(other.begun).toHaveLength(1);
  });

  it.each([
    [FEW_VIEWERS, 0],
    [FEW_VIEWERS + 1, 1],
  ])('of %i viewers, is asked of %i more as soon as a fetcher that said so before begins', (viewers, others) => {
    world.random = 0.5;
    world.viewers = viewers;
    wanted();
    const [fetcher, other] = [world.link(1001), world.link(1002)];
    world.scheduler.receive(fetcher.asLink, { t: 'fetching', h: H, f: fetcher.id, a: 0, w: LISTEN_MS });
    world.now += LISTEN_MS;
    jest.advanceTimersByTime(LISTEN_MS);
    other.receiving.add(H);
    world.scheduler.receive(other.asLink, { t: 'part', h: H });
    expect([fetcher.begun.length, other.begun.length]).toEqual([1, others]);
    world.now += HEDGE_MS;
    connect();
    expect(other.begun).toHaveLength(1);
  });

  it('is not looked for at each word of another while as many as may be are asked', () => {
    let looks = 0;
    const links = [1001, 1002, 1003];
    world = new World({
      dueAt: () => {
        looks += 1;
        return world.now + 60_000;
      },
    });
    world.segment(77);
    const [first, ...others] = links.map((n) => world.link(n)) as [FakeLink, ...FakeLink[]];
    first.has.add(H);
    world.receive(first, { t: 'have', h: [H] });
    expect([first.begun.length, looks]).toEqual([1, 1]);
    for (const other of others) world.receive(other, { t: 'part', h: H });
    expect(looks).toBe(1);
    world.now += HEDGE_MS;
    for (const other of others) world.receive(other, { t: 'part', h: H });
    expect(looks).toBeGreaterThan(1);
  });

  it('remembers nothing of a fetcher of a segment that is not known here', () => {
    const fetcher = world.link(1001);
    fetcher.neighbours = new Set([76, 78, 79, 73].map(hash));
    world.receive(fetcher, { t: 'fetching', h: H, f: fetcher.id, a: 0 });
    fetcher.fetching.add(H);
    wanted();
    connect();
    expect(fetcher.begun).toHaveLength(1);
  });

  it('prefers links that are fast enough for their part of it', () => {
    wanted();
    const [slow, unknown] = [offered(1001), world.link(1002)];
    unknown.receiving.add(H);
    for (let n = 1; n < MAX_SOURCES; n++) world.scheduler.sessions.accept(offered(n).asLink, fakeStream(hash(n), H));
    // 59 s for 1,000,000 bytes.
    slow.throughput.add(8_000, 1_000, world.now);
    connect();
    expect([slow.begun.length, unknown.begun.length]).toEqual([0, 1]);
  });

  it('asks a link that owes too much for too long for nothing more of it when the others are faster', () => {
    const segment = wanted();
    const [slow, fast] = [offered(1001), offered(1002)];
    connectAll();
    slow.throughput.add(10_000, 1_000, world.now);
    segment.debts.set(slow.id, 100_000);
    connect();
    expect(segment.left).toEqual([]);
    fast.throughput.add(1_000_000, 1_000, world.now);
    segment.alone = slow.id;
    connect();
    expect(segment.left).toEqual([]);
    segment.alone = undefined;
    connect();
    // It may be given to: its stream stays.
    expect([segment.left, segment.removed]).toEqual([[slow.id], []]);
    segment.debts.set(slow.id, 100_000);
    const third = offered(1003);
    world.now += 1_000;
    connect();
    expect(segment.left).toEqual([slow.id]);
    expect([slow.begun.length, fast.begun.length, third.begun.length]).toEqual([1, 1, 1]);
  });

  it('leaves one link at a time, since two may have what the others lack', () => {
    const segment = wanted();
    const links = [offered(1001), offered(1002)];
    connectAll();
    const fast = world.link(1003);
    world.scheduler.sessions.accept(fast.asLink, fakeStream(fast.id, H));
    fast.throughput.add(1_000_000, 1_000, world.now);
    for (const link of links) {
      link.throughput.add(10_000, 1_000, world.now);
      segment.debts.set(link.id, 100_000);
    }
    connect();
    expect(segment.left).toHaveLength(1);
    segment.alone = links.find(({ id }) => !segment.left.includes(id))?.id;
    connect();
    expect(segment.left).toHaveLength(1);
  });

  it('asks a link again that was slow and long asked for nothing', () => {
    wanted();
    const [slow, unknown] = [offered(1001), offered(1002)];
    slow.throughput.add(8_000, 1_000, world.now);
    unknown.has.clear();
    unknown.receiving.add(H);
    world.now += 10_001;
    connect();
    expect([slow.begun.length, unknown.begun.length]).toEqual([1, 0]);
  });

  it('leaves out links that gave bad pieces, or are not open', () => {
    wanted();
    const [bad, closed] = [offered(1001), offered(1002)];
    bad.badPieces = 2;
    closed.open = false;
    connect();
    expect([bad.begun, closed.begun]).toEqual([[], []]);
  });

  it('is nobody for a segment that is not wanted or is complete', () => {
    const segment = world.segment(77);
    const link = offered(1001);
    world.scheduler.consider(segment.asSegment);
    world.needed.set(H, world.now);
    segment.complete = true;
    world.scheduler.consider(segment.asSegment);
    expect(link.begun).toEqual([]);
  });

  it('is asked for the info dictionary first where that is missing, one link at a time', () => {
    const segment = wanted(null);
    const [a, b] = [offered(1001), offered(1002)];
    connect();
    expect([...a.sent, ...b.sent]).toEqual([{ t: 'want', h: H, i: true }]);
    world.receive(a, { t: 'info', h: H, i: formatInfo(Uint8Array.of(9)) });
    // Not the one of that infohash.
    expect([segment.info, a.badPieces, a.begun.length + b.begun.length]).toEqual([undefined, 1, 0]);
  });

  it('takes no info dictionary that it did not ask for', () => {
    const segment = wanted(null);
    const link = world.link(1001);
    world.receive(link, { t: 'info', h: H, i: formatInfo(Uint8Array.of(9)) });
    expect([segment.info, link.badPieces]).toEqual([undefined, 0]);
  });

  it('is met by a link that says it has, receives, or itself fetches it', () => {
    wanted();
    for (const [n, message] of [
      [1001, { t: 'have', h: [H] }],
      [1002, { t: 'part', h: H }],
      [1003, { t: 'fetching', h: H, f: hash(1003), a: 0 }],
    ] as const) {
      const link = world.link(n);
      if (message.t === 'have') link.has.add(H);
      if (message.t === 'part') link.receiving.add(H);
      world.receive(link, message as ControlMessage);
      expect(link.begun).toHaveLength(1);
      world.scheduler.sessions.forget(H);
      world.links.clear();
    }
    const relay = world.link(1004);
    world.receive(relay, { t: 'fetching', h: H, f: hash(9), a: 0 });
    expect(relay.begun).toHaveLength(0);
  });
});

describe('a refusal', () => {
  it('turns to another link, and to the same one after a while', () => {
    const segment = wanted();
    const link = offered(1);
    connect();
    world.receive(link, { t: 'no', h: H });
    world.scheduler.consider(segment.asSegment);
    expect(link.types('want')).toHaveLength(1);
    const other = offered(2);
    connect();
    expect(other.types('want')).toHaveLength(1);
    world.now += HEDGE_MS;
    connect();
    expect(link.types('want')).toHaveLength(2);
  });

  it('is forgotten when the link says that it has the segment now', () => {
    wanted();
    const link = offered(1);
    connect();
    world.receive(link, { t: 'no', h: H });
    world.receive(link, { t: 'have', h: [H] });
    expect(link.types('want')).toHaveLength(2);
  });

  it('that nobody asked for is ignored', () => {
    wanted();
    const link = offered(1);
    world.receive(link, { t: 'no', h: H });
    connect();
    expect(link.types('want')).toHaveLength(1);
  });

  it('is what silence counts as after a second', () => {
    wanted();
    const links = ASKED.slice(0, MAX_SOURCES).map(offered);
    connectAll();
    const late = offered(1001);
    connect();
    expect(late.begun).toHaveLength(0);
    world.now += 1_001;
    connect();
    expect(late.begun.length + links.flatMap((link) => link.types('want')).length).toBe(2 * MAX_SOURCES);
  });
});

describe('a link that is silent', () => {
  const silent = (link: FakeLink) => link.silences;
  const pass = (ms: number) => {
    world.now += ms;
    connect();
  };

  it.each([
    ['opened', 1001],
    ['asked', 1],
  ])('counts as that a second after it was asked for what it said it has, %s', (_name, n) => {
    wanted();
    const link = offered(n);
    connect();
    if (n === 1) world.scheduler.sessions.accept(link.asLink, fakeStream(link.id, H));
    pass(1_599);
    expect(silent(link)).toBe(0);
    pass(1);
    expect(silent(link)).toBe(1);
    pass(10_000);
    expect(silent(link)).toBe(1);
  });

  it('gives its place for that segment to another', () => {
    wanted();
    const links = OPENED.slice(0, MAX_SOURCES).map(offered);
    connectAll();
    const late = offered(1007);
    pass(1_599 - HEDGE_MS);
    expect(late.begun).toHaveLength(0);
    pass(1);
    expect([late.begun.length, links.filter(silent).length]).toEqual([1, 1]);
  });

  it('is none that gave something, or fetches it, or while the origin gives', () => {
    const segment = wanted();
    const [gives, fetches] = [offered(1001), world.link(1002)];
    fetches.fetching.add(H);
    connectAll();
    world.scheduler.blockArrived(segment.asSegment, gives.id, 10);
    pass(5_000);
    expect([gives, fetches].map(silent)).toEqual([0, 0]);
    const other = world.segment(78, world.now + 60_000);
    const link = world.link(1003);
    link.has.add(other.infoHash);
    const look = () => world.scheduler.sessions.connect(other.asSegment, world.now + 60_000);
    look();
    other.fetching = true;
    world.now += 5_000;
    look();
    expect(silent(link)).toBe(0);
  });

  it('has its time from when it has all of it, where it received it before', () => {
    wanted();
    const link = world.link(1001);
    const say = (message: ControlMessage) => world.scheduler.sessions.receive(link.asLink, message);
    link.receiving.add(H);
    say({ t: 'part', h: H });
    connect();
    const segment = world.segments.get(H);
    if (segment) segment.missing = 10;
    pass(5_000);
    expect(link.begun).toHaveLength(1);
    link.has.add(H);
    say({ t: 'have', h: [H] });
    pass(1_599);
    say({ t: 'have', h: [H] });
    expect(silent(link)).toBe(0);
    pass(1);
    expect(silent(link)).toBe(1);
  });

  it('is none that would give what others were asked for', () => {
    const segment = wanted();
    const link = offered(1001);
    segment.willing.add(link.id);
    connect();
    pass(5_000);
    expect(silent(link)).toBe(0);
    segment.willing.delete(link.id);
    pass(1);
    expect(silent(link)).toBe(1);
  });

  it('is asked last from then on, and nobody waits for it', () => {
    let hopes = 0;
    wanted();
    const [first, second] = [offered(1001), offered(1002)];
    first.silences = 1;
    const sessions = new Sessions({
      peerId: world.scheduler.sessions ? first.id : '',
      links: () => world.links as never,
      segment: (h) => world.segments.get(h)?.asSegment,
      now: () => world.now,
      random: () => 0,
      swarmSize: () => 3,
      onHope: () => {
        hopes += 1;
      },
      onChange: () => {},
    });
    const look = () => sessions.connect(world.segments.get(H)?.asSegment as never, world.needed.get(H) as number);
    look();
    expect([first.begun.length, second.begun.length, hopes]).toEqual([0, 1, 1]);
    world.now += HEDGE_MS;
    look();
    expect([first.begun.length, second.begun.length, hopes]).toEqual([1, 1, 1]);
  });

  it('makes good for it by a segment that it gave without a pause', () => {
    const segment = wanted();
    const link = offered(1001);
    link.silences = 2;
    connect();
    world.now += 100;
    world.scheduler.blockArrived(segment.asSegment, link.id, 10);
    link.noteSilence();
    world.scheduler.sessions.completed(segment.asSegment);
    expect(silent(link)).toBe(3);
    world.scheduler.forget(H);
    world.now += 1_000;
    connect();
    world.scheduler.blockArrived(segment.asSegment, link.id, 10);
    world.scheduler.sessions.completed(segment.asSegment);
    expect(silent(link)).toBe(0);
  });
});

describe('what is given', () => {
  const whole = () => {
    const segment = wanted();
    segment.complete = true;
    return segment;
  };

  it('is opened on a want, by the side with the smaller id only', () => {
    const segment = whole();
    const [opened, other] = [world.link(1001), world.link(1)];
    for (const link of [opened, other]) world.receive(link, { t: 'want', h: H });
    expect([opened.begun.length, other.begun.length]).toEqual([1, 0]);
    expect(segment.streams).toEqual(opened.begun);
    world.receive(opened, { t: 'want', h: H });
    expect(opened.begun).toHaveLength(1);
  });

  it('goes to a bounded number of links; more are told no', () => {
    whole();
    const links = OPENED.map((n) => world.link(n));
    for (const link of links) world.receive(link, { t: 'want', h: H });
    for (const [index, link] of links.entries()) {
      expect(link.begun).toHaveLength(index < MAX_SESSIONS ? 1 : 0);
      expect(link.sent).toEqual(index < MAX_SESSIONS ? [] : [{ t: 'no', h: H }]);
    }
  });

  it.each([
    ['on lines that carry it in 0.5 s', 2_000_000, [3, 2, 1]],
    ['but not on lines that take longer', 1_999_999, [3]],
    ['where nothing is known of lines', 0, [3, 2, 1]],
  ])('goes to fewer at a time by who gave more than it took, %s', (_, lineRate, expected) => {
    world.viewers = 8;
    const given = Array.from({ length: 20 }, () => {
      const segment = whole();
      const links = OPENED.slice(0, 3).map((n) => world.link(n));
      for (const link of links) {
        link.lineRate = lineRate;
        world.receive(link, { t: 'want', h: H });
      }
      world.scheduler.sessions.completed(segment.asSegment);
      world.scheduler.sessions.forget(H);
      return links.filter(({ begun }) => begun.length > 0).length;
    });
    expect([...new Set(given)]).toEqual(expected);
  });

  it('keeps a place for a source of its own until it is complete', () => {
    wanted();
    const links = OPENED.map((n) => world.link(n));
    for (const link of links) world.receive(link, { t: 'want', h: H });
    expect(links.filter((link) => link.begun.length > 0)).toHaveLength(MAX_SESSIONS - 1);
  });

  it('is refused when it is unknown, or no channel is free', () => {
    const link = world.link(1001);
    world.receive(link, { t: 'want', h: H });
    whole();
    link.full = true;
    world.receive(link, { t: 'want', h: H });
    expect(link.sent).toEqual([
      { t: 'no', h: H },
      { t: 'no', h: H },
    ]);
  });

  it('is the info dictionary too', () => {
    const segment = whole();
    const link = world.link(1);
    world.receive(link, { t: 'want', h: H, i: true });
    expect(link.sent).toEqual([{ t: 'info', h: H, i: formatInfo(segment.info as Uint8Array) }]);
  });
});

describe('a stream', () => {
  const begins = (n: number): boolean => {
    const link = world.links.get(hash(n)) ?? world.link(n);
    return world.scheduler.sessions.accept(link.asLink, fakeStream(link.id, H));
  };

  it('of an unknown segment is refused, and so is a second one of a link', () => {
    expect(begins(1)).toBe(false);
    wanted();
    expect(begins(1)).toBe(true);
    expect(begins(1)).toBe(false);
  });

  it('is taken within bounds, and beyond them when it was asked for', () => {
    wanted();
    const links = ASKED.map((n) => begins(n));
    expect(links.filter(Boolean)).toHaveLength(MAX_SESSIONS - 1);
    world.scheduler.forget(H);
    const asked = offered(50);
    connect();
    expect(asked.types('want')).toHaveLength(1);
    for (const n of ASKED) begins(n);
    expect(begins(50)).toBe(true);
  });

  it('that ended makes room, and its link is asked again after a while', async () => {
    const segment = wanted();
    const link = offered(1001);
    connect();
    link.begun[0]?.destroy();
    await settle();
    expect(world.scheduler.sessions.room(segment.asSegment)).toBe(1);
    connect();
    expect(link.begun).toHaveLength(1);
    world.now += 251;
    connect();
    expect(link.begun).toHaveLength(2);
  });

  it('between two that both have all of it ends', () => {
    const segment = wanted();
    const [a, b] = [offered(1001), offered(1002)];
    connect();
    b.has.delete(H);
    segment.complete = true;
    world.scheduler.completed(segment.asSegment);
    expect(segment.removed).toEqual(a.begun);
    b.has.add(H);
    world.receive(b, { t: 'have', h: [H] });
    expect(segment.removed).toEqual([...a.begun, ...b.begun]);
  });

  it('ends with its link', () => {
    const segment = wanted();
    const link = offered(1001);
    connect();
    world.links.delete(link.id);
    world.scheduler.sessions.linkClosed(link.asLink);
    expect(segment.removed).toEqual(link.begun);
  });

  it('ends with its segment, without a word about that', async () => {
    const segment = wanted();
    const link = offered(1001);
    connect();
    world.scheduler.forget(H);
    await settle();
    expect(link.begun[0]?.destroyed).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
    expect(world.scheduler.sessions.room(segment.asSegment)).toBe(1);
  });
});

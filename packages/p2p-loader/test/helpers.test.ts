import { jest } from '@jest/globals';
import { accounting, noBytes } from '../src/figures/accounting.js';
import { Deliveries } from '../src/figures/deliveries.js';
import { MAX_LINKS } from '../src/mesh/control.js';
import { Discovery } from '../src/mesh/discovery.js';
import { Link } from '../src/mesh/link.js';
import { Mesh } from '../src/mesh/mesh.js';
import { FakePeer } from './fake-peer.js';
import { settle } from './fake-source.js';
import { fakeTrackers } from './fake-tracker.js';
import { type FakeLink, type FakeSegment, fakeStream, hash, SELF, World } from './scheduler-fixtures.js';

let world: World;
const pass = (ms: number): void => {
  for (let left = ms; left > 0; left -= 10) {
    world.now += Math.min(10, left);
    jest.advanceTimersByTime(Math.min(10, left));
  }
};
const consider = (segment: FakeSegment): void => world.scheduler.consider(segment.asSegment);
const asked = ({ begun, sent }: FakeLink): number =>
  begun.length + sent.filter((message) => message.t === 'want').length;

describe('a viewer that is linked to a helper', () => {
  let helper: FakeLink;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
    world = new World({ standsIn: (link) => link.helper });
    world.now = 10_000;
    helper = world.link(900);
    helper.helper = true;
  });
  afterEach(() => {
    world.scheduler.stop();
    jest.useRealTimers();
  });
  const heldByHelper = (): FakeSegment => {
    helper.has.add(hash(7));
    return world.segment(7, world.now + 10_000);
  };

  it('asks viewers for what they have, and not the helper', () => {
    const viewer = world.link(800);
    viewer.has.add(hash(7));
    const segment = heldByHelper();
    consider(segment);
    pass(1_000);
    expect([asked(viewer), asked(helper), segment.fetches]).toEqual([1, 0, 0]);
  });

  it('asks the helper in its turn at the origin, and tells others so; while that gives, the origin is not asked', () => {
    world.link(800);
    const segment = heldByHelper();
    consider(segment);
    pass(300);
    expect(asked(helper)).toBe(0);
    while (asked(helper) === 0) pass(10);
    expect(segment.fetches).toBe(0);
    expect(world.told('fetching')).toMatchObject([{ h: hash(7), f: SELF, a: 0 }]);
    for (let block = 0; block < 8; block++) {
      world.scheduler.blockArrived(segment.asSegment, helper.id, 100_000);
      segment.missing -= 100_000;
      pass(200);
    }
    expect(segment.fetches).toBe(0);
  });

  it('asks the origin when the helper is silent', () => {
    world.link(800);
    const segment = heldByHelper();
    consider(segment);
    while (asked(helper) === 0) pass(10);
    pass(600);
    expect(segment.fetches).toBe(0);
    pass(300);
    expect(segment.fetches).toBe(1);
  });

  it('asks the helper beside viewers that are too slow, and does not take it for as slow', () => {
    const viewer = world.link(800);
    viewer.has.add(hash(7));
    const segment = heldByHelper();
    consider(segment);
    while (asked(helper) === 0) {
      pass(200);
      world.scheduler.blockArrived(segment.asSegment, viewer.id, 1_000);
    }
    for (let block = 0; block < 9; block++) {
      world.scheduler.blockArrived(segment.asSegment, helper.id, 100_000);
      segment.missing -= 100_000;
      pass(200);
    }
    expect(segment.fetches).toBe(0);
  });

  it('asks it at once where nobody else is linked, and waits for what it has not yet as long as the player lets it', () => {
    consider(heldByHelper());
    expect(asked(helper)).toBe(1);
    const late = world.segment(8, world.now + 10_000);
    consider(late);
    pass(3_500);
    expect(late.fetches).toBe(0);
    helper.has.add(hash(8));
    world.receive(helper, { t: 'have', h: [hash(8)] });
    expect(asked(helper)).toBe(2);
  });

  it('asks two helpers at most, each once', () => {
    world.link(800);
    const others = [901, 902].map((n) => {
      const link = world.link(n);
      link.helper = true;
      link.has.add(hash(7));
      return link;
    });
    const segment = heldByHelper();
    consider(segment);
    while (segment.fetches === 0) pass(50);
    pass(1_000);
    expect([helper, ...others].map(asked).sort()).toEqual([0, 1, 1]);
  });

  it('neither waits for what it fetches, nor tells that on', () => {
    const viewer = world.link(800);
    const waits = [false, true].map((isTold) => {
      const segment = world.segment(isTold ? 8 : 12, world.now + 10_000);
      consider(segment);
      if (isTold) world.receive(helper, { t: 'fetching', h: segment.infoHash, f: helper.id, a: 0 });
      const from = world.now;
      while (segment.fetches + asked(helper) === 0) pass(10);
      return world.now - from;
    });
    expect(Math.abs((waits[0] ?? 0) - (waits[1] ?? 0))).toBeLessThanOrEqual(50);
    expect(world.broadcasts.filter(({ message }) => 'f' in message && message.f === helper.id)).toEqual([]);
    expect([helper.strikes, viewer.strikes]).toEqual([0, 0]);
  });
});

it('a helper gives one segment to as many as ask', () => {
  const given = [false, true].map((isHelper) => {
    world = new World({ helper: isHelper });
    const segment = world.segment(7);
    segment.complete = true;
    for (let n = 800; n < 810; n++) {
      const link = world.link(n);
      world.scheduler.sessions.accept(link.asLink, fakeStream(link.id, segment.infoHash));
    }
    return segment.streams.length;
  });
  expect(given).toEqual([4, 10]);
});

describe('what helpers gave', () => {
  it('counts apart from what other viewers gave', () => {
    const counters = noBytes();
    const mesh = { links: new Map(), isHelper: (id: string) => id === 'helper', ban: () => {} };
    const { onPieceBytes } = accounting(
      counters,
      () => mesh,
      () => 0,
    );
    onPieceBytes(undefined, 'helper', 300);
    onPieceBytes(undefined, 'viewer', 200);
    onPieceBytes(undefined, '', 100);
    expect(counters).toMatchObject({ helperBytes: 300, peerBytes: 200, originBytes: 100 });
  });

  it('is a source of its own in the events', () => {
    const deliveries = new Deliveries();
    const sources = [
      [0, 9, 0],
      [5, 4, 0],
      [0, 4, 5],
      [9, 0, 0],
    ].map(([peerBytes = 0, helperBytes = 0, originBytes = 0]) => {
      return deliveries.add({ infoHash: '', length: 9, duration: 0, peerBytes, helperBytes, originBytes }, '', 0)
        .source;
    });
    expect(sources).toEqual(['helpers', 'mixed', 'mixed', 'peers']);
    expect(deliveries.counts).toEqual({ fromPeers: 1, fromHelpers: 1, fromOrigin: 0, mixed: 2, fromCache: 0 });
  });
});

describe('the mesh', () => {
  const meshes: Mesh[] = [];
  afterEach(() => {
    for (const mesh of meshes.splice(0)) mesh.stop();
  });
  const viewer = (peerId: string, helper = false) => {
    const trackers = fakeTrackers();
    const mesh = new Mesh(
      {
        ...{ stream: hash(999), peerId, helper, announce: ['ws://tracker.example'], iceServers: [] },
        ...{ random: () => 0, now: () => 0, held: () => [], onLink: () => {}, onLinkClosed: () => {} },
        ...{ onMessage: () => {}, onStream: () => true, onUnable: () => {}, onWarning: () => {} },
      },
      trackers.create,
    );
    mesh.join({ Discovery, Link });
    meshes.push(mesh);
    return { mesh, peerId, meet: (peer: FakePeer) => trackers.clients[0]?.emit('peer', peer) };
  };
  type Viewer = ReturnType<typeof viewer>;
  const connect = async (a: Viewer, b: Viewer): Promise<void> => {
    const ends = FakePeer.pair(a.peerId, b.peerId, `${a.peerId}${b.peerId}`);
    a.meet(ends[0]);
    b.meet(ends[1]);
    for (const end of ends) end.connect();
    await settle();
  };

  it('knows a helper by its hello, also when the link is gone; helpers are viewers to each other', async () => {
    const [a, helper, other] = [viewer(hash(1)), viewer(hash(2), true), viewer(hash(3), true)];
    await connect(a, helper);
    await connect(other, helper);
    const standsIn = (mesh: Mesh): boolean[] => [...mesh.links.values()].map((link) => mesh.standsIn(link));
    expect([standsIn(a.mesh), standsIn(helper.mesh), standsIn(other.mesh)]).toEqual([[true], [false, false], [false]]);
    helper.mesh.stop();
    await settle();
    expect([a.mesh.links.size, a.mesh.isHelper(hash(2)), a.mesh.isHelper(hash(3))]).toEqual([0, true, false]);
  });

  it('holds two links to helpers beside those to viewers', async () => {
    const a = viewer(hash(1));
    for (let n = 2; n < 6; n++) await connect(a, viewer(hash(n), true));
    for (let n = 10; n < 20; n++) await connect(a, viewer(hash(n)));
    const helpers = [...a.mesh.links.values()].filter(({ helper }) => helper).length;
    expect([helpers, a.mesh.links.size]).toEqual([2, 9]);
  });

  it('of a helper takes as many links as there may be', async () => {
    const helper = viewer(hash(1), true);
    for (let n = 10; n < 30; n++) await connect(helper, viewer(hash(n)));
    expect(helper.mesh.links.size).toBe(MAX_LINKS);
  });
});

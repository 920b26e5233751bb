import { jest } from '@jest/globals';
import { CONTROL_VERSION, encodeControl, MAX_HASHES, MAX_LINKS } from '../src/mesh/control.js';
import { Discovery } from '../src/mesh/discovery.js';
import { Link, MAX_SILENCES } from '../src/mesh/link.js';
import { FEWEST_LINKS, linksSought, TARGET_LINKS } from '../src/mesh/link-places.js';
import { Mesh, type MeshOptions } from '../src/mesh/mesh.js';
import { FakePeer } from './fake-peer.js';
import { settle } from './fake-source.js';
import { fakeTrackers } from './fake-tracker.js';

const id = (n: number): string => n.toString(16).padStart(40, '0');
const meshes: Mesh[] = [];

afterEach(() => {
  for (const mesh of meshes.splice(0)) mesh.stop();
  jest.useRealTimers();
});

const viewer = (peerId: string, changes: Partial<MeshOptions> = {}) => {
  const trackers = fakeTrackers();
  const log: string[] = [];
  const links: Link[] = [];
  const mesh = new Mesh(
    {
      stream: id(999),
      peerId,
      announce: ['ws://tracker.example'],
      iceServers: [],
      random: () => 0,
      now: () => 0,
      held: () => [],
      onLink: (link) => {
        log.push(`open ${link.key}`);
        links.push(link);
      },
      onLinkClosed: (link) => log.push(`closed ${link.key}`),
      onMessage: (_link, message) => log.push(message.t),
      onStream: () => true,
      onUnable: () => {},
      onWarning: () => {},
      ...changes,
    },
    trackers.create,
  );
  mesh.join({ Discovery, Link });
  meshes.push(mesh);
  return {
    mesh,
    log,
    links,
    clients: trackers.clients,
    meet: (peer: FakePeer) => trackers.clients[0]?.emit('peer', peer),
  };
};
type Viewer = ReturnType<typeof viewer>;

/** Makes a connection and lets both ends tell of it. */
const connect = async (a: Viewer, aId: string, b: Viewer, bId: string, key = 'main'): Promise<[FakePeer, FakePeer]> => {
  const ends = FakePeer.pair(aId, bId, key);
  a.meet(ends[0]);
  b.meet(ends[1]);
  ends[0].connect();
  ends[1].connect();
  await settle();
  return ends;
};

describe('the mesh', () => {
  it('counts the connections that did not come up, and no others', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    const [lost] = FakePeer.pair(id(1), id(3), 'lost');
    a.meet(lost);
    lost.destroy();
    await settle();
    expect(a.mesh.failedLinks).toBe(1);
    const [atA] = await connect(a, id(1), b, id(2));
    atA.destroy();
    await settle();
    expect(a.mesh.failedLinks).toBe(1);
    a.meet(FakePeer.pair(id(1), id(4), 'late')[0]);
    a.mesh.stop();
    expect(a.mesh.failedLinks).toBe(1);
  });

  it('links two viewers, and tells when a link ends', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    const [atA] = await connect(a, id(1), b, id(2));
    expect([...a.mesh.links.keys()]).toEqual([id(2)]);
    expect([...b.mesh.links.keys()]).toEqual([id(1)]);
    a.mesh.broadcast({ t: 'no', h: id(9) });
    await settle();
    expect(b.log).toEqual(['open main', 'links', 'no']);
    expect([...(b.mesh.links.get(id(1))?.neighbours ?? [])]).toEqual([id(2)]);
    atA.destroy();
    await settle();
    expect([a.mesh.links.size, b.mesh.links.size]).toEqual([0, 0]);
    expect(a.log.at(-1)).toBe('closed main');
  });

  it('remembers what is held against a viewer that comes back', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    const [atA] = await connect(a, id(1), b, id(2), 'first');
    Object.assign(a.links[0] as Link, { strikes: 2, badPieces: 1, falseHints: 3 });
    atA.destroy();
    await settle();
    await connect(a, id(1), b, id(2), 'second');
    expect(a.links[1]).toMatchObject({ key: 'second', strikes: 2, badPieces: 1, falseHints: 3 });
    expect(b.links[1]).toMatchObject({ strikes: 0, badPieces: 0, falseHints: 0 });
  });

  it.each([
    ['the same order', false],
    ['another order on each side', true],
  ])('keeps the same one of two connections on both sides, opened in %s', async (_name, crossed) => {
    for (const [first, second] of [
      ['k1', 'k2'],
      ['k2', 'k1'],
    ] as const) {
      const [a, b] = [viewer(id(1)), viewer(id(2))];
      const one = FakePeer.pair(id(1), id(2), first);
      const two = FakePeer.pair(id(1), id(2), second);
      for (const [atA, atB] of [one, two]) {
        a.meet(atA);
        b.meet(atB);
      }
      for (const pair of [one, two]) pair[0].connect();
      for (const pair of crossed ? [two, one] : [one, two]) pair[1].connect();
      await settle();
      expect([...a.mesh.links.values()].map((link) => link.key)).toEqual(['k1']);
      expect([...b.mesh.links.values()].map((link) => link.key)).toEqual(['k1']);
      expect(a.mesh.links.get(id(2))?.open).toBe(true);
      expect(b.mesh.links.get(id(1))?.open).toBe(true);
      expect([...one, ...two].filter((peer) => peer.destroyed)).toHaveLength(2);
      for (const { log } of [a, b]) {
        const opened = log.filter((entry) => entry.startsWith('open')).length;
        expect(log.filter((entry) => entry.startsWith('closed'))).toHaveLength(opened - 1);
      }
    }
  });

  it('refuses itself, and another connection to a viewer that it has a link to', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    for (const peer of [new FakePeer(id(1)), new FakePeer(id(2))]) {
      a.meet(peer);
      expect(peer.destroyed).toBe(true);
    }
    expect(a.mesh.links.size).toBe(1);
  });

  it('holds a bounded number of links, also when more connect at once', async () => {
    const a = viewer(id(1));
    a.clients[0]?.answer(1_000);
    const others: FakePeer[] = [];
    const join = async (count: number): Promise<void> => {
      const pairs = Array.from({ length: count }, () => {
        const n = 2 + others.length;
        const pair = FakePeer.pair(id(1), id(n));
        others.push(pair[0]);
        viewer(id(n)).meet(pair[1]);
        a.meet(pair[0]);
        return pair;
      });
      for (const pair of pairs) for (const peer of pair) peer.connect();
      await settle();
    };
    await join(MAX_LINKS - 2);
    expect(a.mesh.links.size).toBe(MAX_LINKS - 2);
    await join(6);
    expect(a.mesh.links.size).toBe(MAX_LINKS);
    expect(others.filter((peer) => !peer.destroyed)).toHaveLength(MAX_LINKS);
  });

  it('refuses connections while too many have come to nothing yet, and drops those after 20 s', () => {
    jest.useFakeTimers();
    const a = viewer(id(1));
    const peers = Array.from({ length: 20 }, (_, i) => new FakePeer(id(2 + i)));
    for (const peer of peers) a.meet(peer);
    expect(peers.filter((peer) => peer.destroyed)).toHaveLength(4);
    jest.advanceTimersByTime(20_000);
    expect(peers.every((peer) => peer.destroyed)).toBe(true);
    const late = new FakePeer(id(50));
    a.meet(late);
    expect(late.destroyed).toBe(false);
  });

  it('tells a new link of the newest segments that it holds, no more than a message takes', async () => {
    const held = Array.from({ length: MAX_HASHES + 10 }, (_, i) => id(i));
    const [a, b] = [viewer(id(1), { held: () => held }), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    expect([...(b.links[0]?.has ?? [])]).toEqual(held.slice(10));
  });

  it('ends the link to a banned viewer, and makes no other', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    a.mesh.ban(id(2));
    await settle();
    expect([a.mesh.links.size, b.mesh.links.size]).toEqual([0, 0]);
    await connect(a, id(1), b, id(2), 'again');
    expect([a.mesh.links.size, b.mesh.links.size]).toEqual([0, 0]);
  });

  it('makes no other link to a viewer that broke the protocol', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    const [atA] = await connect(a, id(1), b, id(2));
    atA.emit('data', '{');
    await settle();
    await connect(a, id(1), b, id(2), 'again');
    expect([a.mesh.links.size, b.mesh.links.size]).toEqual([0, 0]);
  });

  it('links a viewer that was silent too often again after a minute, and bears one more silence', async () => {
    let now = 0;
    const [a, b] = [viewer(id(1), { now: () => now }), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    const silent = (times: number) => {
      for (let n = 0; n < times; n++) a.mesh.links.get(id(2))?.noteSilence();
    };
    silent(MAX_SILENCES);
    await settle();
    now = 59_999;
    await connect(a, id(1), b, id(2), 'early');
    expect(a.mesh.links.size).toBe(0);
    now = 60_000;
    await connect(a, id(1), b, id(2), 'later');
    expect(a.mesh.links.size).toBe(1);
    silent(1);
    await settle();
    expect(a.mesh.links.size).toBe(0);
  });

  describe('whose places are all taken', () => {
    let now: number;
    let a: Viewer;
    const join = async (n: number): Promise<FakePeer> => {
      const [atA, atOther] = FakePeer.pair(id(1), id(n));
      viewer(id(n)).meet(atOther);
      a.meet(atA);
      for (const peer of [atA, atOther]) peer.connect();
      await settle();
      return atA;
    };
    beforeEach(async () => {
      now = 0;
      a = viewer(id(1), { now: () => now });
      a.clients[0]?.answer(9);
      for (let n = 2; n < 9; n++) await join(n);
      expect(a.mesh.links.size).toBe(7);
    });
    const link = (n: number) => a.mesh.links.get(id(n)) as Link;

    it('gives that of a link which neither gave nor took anything for half a minute to a newcomer', async () => {
      for (let n = 2; n < 9; n++) Object.assign(link(n), { uploadedBytes: n === 4 ? 0 : 1 });
      Object.assign(link(2), { gaveAt: 25_000 });
      now = 29_999;
      await join(9);
      expect([...a.mesh.links.keys()]).not.toContain(id(9));
      now = 30_000;
      await join(10);
      expect([...a.mesh.links.keys()].sort()).toEqual([2, 3, 5, 6, 7, 8, 10].map(id));
    });

    it('gives none of those that took something, while one of them gives', async () => {
      for (let n = 2; n < 9; n++) Object.assign(link(n), { uploadedBytes: n });
      Object.assign(link(2), { gaveAt: 25_000 });
      now = 40_000;
      await join(9);
      expect([...a.mesh.links.keys()].sort()).toEqual([2, 3, 4, 5, 6, 7, 8].map(id));
    });

    it('gives that of the one that took least where nobody gives anything, one in 5 s, and looks for others', async () => {
      for (let n = 2; n < 9; n++) Object.assign(link(n), { uploadedBytes: 10 - n });
      now = 40_000;
      const before = a.clients[0]?.announces.length ?? 0;
      await join(9);
      expect([...a.mesh.links.keys()].sort()).toEqual([2, 3, 4, 5, 6, 7, 9].map(id));
      now = 44_999;
      await join(10);
      expect([...a.mesh.links.keys()]).not.toContain(id(10));
      now = 45_000;
      await join(11);
      expect([...a.mesh.links.keys()].sort()).toEqual([2, 3, 4, 5, 6, 9, 11].map(id));
      expect(before).toBe(2);
    });
  });

  it('seeks others where nobody gives anything, however many links it has', () => {
    jest.useFakeTimers();
    let now = 0;
    const a = viewer(id(1), { now: () => now });
    // The first announce, and that for the rest of the links.
    for (let n = 0; n < 2; n++) a.clients[0]?.answer(9);
    const peers = [2, 3, 4, 5].map((n) => FakePeer.pair(id(1), id(n))[0]);
    for (const [i, peer] of peers.entries()) {
      a.meet(peer);
      peer.connect();
      peer.emit('data', encodeControl({ t: 'hello', v: CONTROL_VERSION, id: id(2 + i), n: 9, have: [] }));
    }
    expect(a.mesh.links.size).toBe(4);
    const announced = () => a.clients[0]?.announces.slice(2).map(({ numwant }) => numwant);
    now = 29_000;
    jest.advanceTimersByTime(20_000);
    expect(announced()).toEqual([0]);
    a.clients[0]?.answer(9);
    now = 30_000;
    jest.advanceTimersByTime(60_000);
    expect(announced()).toEqual([0, FEWEST_LINKS]);
  });

  it('broadcasts to those that are meant', async () => {
    const a = viewer(id(1));
    const [b, c] = [viewer(id(2)), viewer(id(3))];
    await connect(a, id(1), b, id(2));
    await connect(a, id(1), c, id(3));
    a.mesh.broadcast({ t: 'no', h: id(9) }, (link) => link.id !== id(2));
    await settle();
    expect([b.log.includes('no'), c.log.includes('no')]).toEqual([false, true]);
  });

  it('counts viewers by the best of the tracker, its links and their reports, up to a million', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    expect(a.mesh.swarmSize).toBe(1);
    b.clients[0]?.answer(50_000_000);
    a.clients[0]?.answer(3);
    expect(a.mesh.swarmSize).toBe(3);
    await connect(a, id(1), b, id(2));
    expect(a.mesh.swarmSize).toBe(1_000_000);
  });

  it('is alone once a tracker said so, until somebody comes', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    expect(a.mesh.isAlone).toBe(false);
    a.clients[0]?.answer(1);
    expect(a.mesh.isAlone).toBe(true);
    await connect(a, id(1), b, id(2));
    expect(a.mesh.isAlone).toBe(false);
    b.clients[0]?.answer(2);
    expect(b.mesh.isAlone).toBe(false);
  });

  it('asks the tracker for no more viewers than there are, or than it wants', () => {
    jest.useFakeTimers();
    const a = viewer(id(1));
    a.clients[0]?.answer(3);
    jest.advanceTimersByTime(30_000);
    expect(a.clients[0]?.announces.map(({ numwant }) => numwant)).toEqual([FEWEST_LINKS, 2]);
  });

  it('asks for the rest at once when it hears that there are many', () => {
    const a = viewer(id(1));
    a.clients[0]?.answer(1_000);
    a.clients[0]?.answer(1_000);
    expect(a.clients[0]?.announces).toEqual([
      { event: 'start', numwant: FEWEST_LINKS },
      { event: 'update', numwant: TARGET_LINKS - FEWEST_LINKS },
    ]);
  });

  it('offers a link to each of few viewers, as the tracker may choose those again that were offered one, or are linked', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    const a = viewer(id(1));
    const numwants = () => a.clients[0]?.announces.map(({ numwant }) => numwant);
    a.clients[0]?.answer(4);
    expect(numwants()).toEqual([FEWEST_LINKS, 3]);
    for (const n of [2, 3, 4]) {
      const [atA, atOther] = FakePeer.pair(id(1), id(n));
      viewer(id(n)).meet(atOther);
      a.meet(atA);
      for (const peer of [atA, atOther]) peer.connect();
      await settle();
      a.clients[0]?.answer(4);
      jest.advanceTimersByTime(22_000);
      expect(numwants()?.at(-1)).toBe(n < 4 ? 3 : 0);
    }
  });

  it.each([
    [1, 2],
    [3, 2],
    [4, 3],
    [5, 4],
    [8, 7],
    [9, 4],
    [1_000_000, 4],
  ])('seeks all of few viewers, and four of more: of %i viewers %i', (viewers, links) => {
    expect(linksSought(viewers)).toBe(links);
    expect(links).toBeLessThanOrEqual(MAX_LINKS);
  });

  it.each([
    [8, 7],
    [16, 7],
    [17, MAX_LINKS],
  ])('of %i viewers, takes no more than %i links', async (count, most) => {
    const a = viewer(id(1));
    a.clients[0]?.answer(count);
    const peers: FakePeer[] = [];
    for (let n = 2; n < count + 2; n++) {
      const [atA, atOther] = FakePeer.pair(id(1), id(n));
      peers.push(atA);
      viewer(id(n)).meet(atOther);
      a.meet(atA);
      for (const peer of [atA, atOther]) peer.connect();
      await settle();
    }
    expect(a.mesh.links.size).toBe(Math.min(most, count));
    expect(peers.filter((peer) => !peer.destroyed)).toHaveLength(a.mesh.links.size);
  });

  it('takes a viewer of a tracker whose other viewers it has no link to, though its places are taken', async () => {
    const a = viewer(id(1), { announce: ['ws://a', 'ws://b'] });
    const join = async (n: number, tracker: number): Promise<FakePeer> => {
      const [atA, atOther] = FakePeer.pair(id(1), id(n));
      viewer(id(n)).meet(atOther);
      a.clients[tracker]?.emit('peer', atA);
      for (const peer of [atA, atOther]) peer.connect();
      await settle();
      return atA;
    };
    for (const client of a.clients) client.answer(9);
    for (let n = 2; n < 9; n++) await join(n, 0);
    expect((await join(9, 0)).destroyed).toBe(true);
    expect((await join(10, 1)).destroyed).toBe(false);
    expect((await join(11, 1)).destroyed).toBe(true);
    expect(a.mesh.links.size).toBe(8);
  });

  it('welcomes no offer of itself, of who is linked, banned or on the way, and eight at most that come to nothing', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    a.mesh.ban(id(3));
    const offer = (from: number): boolean => {
      const text = JSON.stringify({
        ...{ action: 'announce', info_hash: 'i'.repeat(20), offer_id: 'o'.repeat(20) },
        peer_id: Buffer.from(id(from), 'hex').toString('latin1'),
        offer: { type: 'offer', sdp: 'v=0' },
      });
      const { offer } = (a.clients[0]?.readMessage?.(text) ?? {}) as { offer?: unknown };
      if (offer) a.meet(new FakePeer(id(from), false, `offer ${from}`));
      return offer !== undefined;
    };
    expect([1, 2, 3, 4, 4].map(offer)).toEqual([false, false, false, true, false]);
    const flood = Array.from({ length: 30 }, (_, n) => offer(100 + n));
    expect(flood.filter((taken) => taken)).toHaveLength(7);
    const answer = new FakePeer(id(50), true, 'answer');
    a.meet(answer);
    await settle();
    expect(answer.destroyed).toBe(false);
  });

  it('closes links and connections on their way when it stops', async () => {
    const [a, b] = [viewer(id(1)), viewer(id(2))];
    await connect(a, id(1), b, id(2));
    const pending = new FakePeer(id(3));
    a.meet(pending);
    a.mesh.stop();
    await settle();
    expect(pending.destroyed).toBe(true);
    expect(b.mesh.links.size).toBe(0);
    const late = new FakePeer(id(4));
    a.meet(late);
    expect(late.destroyed).toBe(true);
  });
});

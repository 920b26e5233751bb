import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import { createP2PLoader } from '../src/index.js';
import { Discovery } from '../src/mesh/discovery.js';
import { checkGroup, groupId, meshIds } from '../src/mesh/groups.js';
import { Link } from '../src/mesh/link.js';
import { Mesh } from '../src/mesh/mesh.js';
import { FakePeer } from './fake-peer.js';
import { settle } from './fake-source.js';
import { fakeTrackers } from './fake-tracker.js';
import { hash, World } from './scheduler-fixtures.js';

const STREAM = hash(999);

describe('the option group', () => {
  it.each([
    ['"group" must', { group: '' }],
    ['"group" must', { group: 'x'.repeat(257) }],
    ['"group" must', { group: 7 as never }],
    ['"groupRule" must', { group: 'a', groupRule: 'never' as never }],
    ['"groupRule" needs "group"', { groupRule: 'only' as const }],
  ])('that is wrong is named: %s', (message, options) => {
    expect(() => checkGroup(options)).toThrow(message);
    expect(() => createP2PLoader(options)).toThrow(TypeError);
  });

  it('makes an id that trackers know by the stream’s first half, and others by no name', async () => {
    const digest = createHash('sha1').update(`${STREAM}office`).digest('hex');
    expect(await groupId(STREAM, 'office')).toBe(STREAM.slice(0, 20) + digest.slice(0, 20));
  });

  it('adds the group’s swarm to the stream’s, or takes its place', async () => {
    const id = await groupId(STREAM, 'office');
    expect(await meshIds(STREAM, { group: async () => 'office' })).toEqual({ stream: STREAM, group: id });
    expect(await meshIds(STREAM, { group: 'office', groupRule: 'only' })).toEqual({ stream: id, group: undefined });
    await expect(meshIds(STREAM, { group: () => '' })).rejects.toThrow('"group" must be a string');
  });
});

describe('the option role', () => {
  it('that is wrong is named', () => {
    expect(() => createP2PLoader({ role: 'seed' as never })).toThrow(
      'createP2PLoader: option "role" must be one of full, leech, off, helper, not seed',
    );
  });

  it('off is P2P that the site has turned off', async () => {
    const loader = createP2PLoader({ role: 'off' });
    await loader.start();
    expect(loader.stats).toMatchObject({ enabled: false, reason: expect.stringMatching(/^(disabled|no-webrtc)$/) });
    loader.stop();
  });
});

describe('the mesh of a viewer of a group', () => {
  const meshes: Mesh[] = [];
  afterEach(() => {
    for (const mesh of meshes.splice(0)) mesh.stop();
  });
  const viewer = (peerId: string, group: string | undefined) => {
    const trackers = fakeTrackers();
    const mesh = new Mesh(
      {
        ...{ stream: STREAM, group, peerId, announce: ['ws://tracker.example'], iceServers: [] },
        ...{ random: () => 0, now: () => 0, held: () => [], onLink: () => {}, onLinkClosed: () => {} },
        ...{ onMessage: () => {}, onStream: () => true, onUnable: () => {}, onWarning: () => {} },
      },
      trackers.create,
    );
    mesh.join({ Discovery, Link });
    meshes.push(mesh);
    return { mesh, peerId, clients: trackers.clients };
  };
  type Viewer = ReturnType<typeof viewer>;
  /** By the swarm that is the `at`th of the first viewer. */
  const connect = async (a: Viewer, b: Viewer, at = 0): Promise<void> => {
    const ends = FakePeer.pair(a.peerId, b.peerId, `${a.peerId}${b.peerId}`);
    a.clients[at]?.emit('peer', ends[0]);
    b.clients.at(-1)?.emit('peer', ends[1]);
    for (const end of ends) end.connect();
    await settle();
  };
  const [A, B] = [hash(70), hash(71)];

  it('announces the group and the stream', () => {
    const announced = ({ clients }: Viewer) => clients.map(({ options }) => options.infoHash);
    expect(announced(viewer(hash(1), A))).toEqual([A, STREAM]);
    expect(announced(viewer(hash(1), undefined))).toEqual([STREAM]);
  });

  it('asks other groups in the origin’s place once it has a link of its own, and not before', async () => {
    const [a, own, other, none] = [
      viewer(hash(1), A),
      viewer(hash(2), A),
      viewer(hash(3), B),
      viewer(hash(4), undefined),
    ];
    const asked = () => [...a.mesh.links.values()].map((link) => [link.id, a.mesh.standsIn(link)]);
    await connect(a, other, 1);
    await connect(a, none, 1);
    expect(asked()).toEqual([
      [hash(3), false],
      [hash(4), false],
    ]);
    await connect(a, own);
    expect(asked()).toEqual([
      [hash(3), true],
      [hash(4), true],
      [hash(2), false],
    ]);
    own.mesh.stop();
    await settle();
    expect(asked().map(([, standsIn]) => standsIn)).toEqual([false, false]);
    expect([...none.mesh.links.values()].map((link) => none.mesh.standsIn(link))).toEqual([false]);
  });

  it('seeks one link to another group where there is one, and takes three', async () => {
    const a = viewer(hash(1), A);
    await connect(a, viewer(hash(2), A));
    const [group, stream] = a.clients;
    group?.answer(4);
    stream?.answer(8);
    const last = () => [group, stream].map((client) => client?.announces.at(-1)?.numwant);
    expect(last()).toEqual([2, 2]);
    for (let n = 10; n < 16; n++) await connect(a, viewer(hash(n), B), 1);
    const outside = [...a.mesh.links.values()].filter((link) => link.outside);
    expect([outside.length, a.mesh.links.size]).toEqual([3, 4]);
  });

  it('offers a link to each of a few in its group while it lacks one, as the tracker may choose those that are linked', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
    const a = viewer(hash(1), A);
    const [group] = a.clients;
    for (const [n, numwant] of [
      [2, 3],
      [3, 3],
      [4, 0],
    ] as const) {
      await connect(a, viewer(hash(n), A));
      for (const client of a.clients) client.answer(4);
      jest.advanceTimersByTime(22_000);
      expect(group?.announces.at(-1)?.numwant).toBe(numwant);
    }
    jest.useRealTimers();
  });
});

describe('the schedule of a viewer of a group', () => {
  it('takes nothing from another group before its turn, and holds nothing against who told of its fetch', () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate', 'performance'] });
    const world = new World({ standsIn: (link) => link.outside });
    world.now = 10_000;
    const [own, other] = [world.link(800), world.link(900)];
    other.outside = true;
    const segment = world.segment(7, world.now + 10_000);
    world.scheduler.consider(segment.asSegment);
    world.receive(own, { t: 'fetching', h: hash(7), f: other.id, a: 1 });
    other.has.add(hash(7));
    world.receive(other, { t: 'have', h: [hash(7)] });
    expect(other.begun).toEqual([]);
    while (other.begun.length === 0 && world.now < 30_000) {
      world.now += 10;
      jest.advanceTimersByTime(10);
    }
    expect([other.begun.length, segment.fetches, own.strikes]).toEqual([1, 0, 0]);
    world.scheduler.stop();
    jest.useRealTimers();
  });
});

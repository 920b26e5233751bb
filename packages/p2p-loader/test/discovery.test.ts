import { jest } from '@jest/globals';
import { Discovery, type DiscoveryOptions } from '../src/mesh/discovery.js';
import { FakePeer } from './fake-peer.js';
import { fakeTrackers } from './fake-tracker.js';

const HOUR = 3_600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const make = (changes: Partial<DiscoveryOptions> = {}, network = new EventTarget()) => {
  const trackers = fakeTrackers();
  const seen = { peers: 0, sizes: [] as number[], warnings: 0 };
  const discovery = new Discovery(
    {
      infoHash: 'aa'.repeat(20),
      peerId: 'bb'.repeat(20),
      announce: ['ws://tracker.example'],
      iceServers: [],
      random: () => 0,
      wanted: () => 8,
      now: () => performance.now(),
      isLinked: () => false,
      welcomes: () => true,
      onPeer: () => {
        seen.peers += 1;
      },
      onSwarmSize: (viewers) => seen.sizes.push(viewers),
      onUnable: () => {},
      onLocalNetwork: () => {},
      onWarning: () => {
        seen.warnings += 1;
      },
      ...changes,
    },
    trackers.create,
    network,
  );
  const announces = () => trackers.clients.flatMap((client) => client.announces);
  return { discovery, seen, announces, ...trackers };
};

describe('discovery', () => {
  it('announces at once, with explicit ICE servers, and stops when it is stopped', () => {
    const { discovery, clients, announces } = make();
    expect(announces()).toEqual([{ event: 'start', numwant: 5 }]);
    expect(clients[0]?.options.rtcConfig).toEqual({ iceServers: [] });
    discovery.stop();
    discovery.stop();
    expect(announces().at(-1)).toEqual({ event: 'stop' });
    expect(clients[0]?.destroyed).toBe(true);
    jest.advanceTimersByTime(HOUR);
    expect(announces()).toHaveLength(2);
    expect(discovery.messages).toBe(2);
  });

  it.each([0, 0.5, 0.999])('announces at most four times a minute while it seeks (random %p)', (random) => {
    const { clients, announces } = make({ random: () => random });
    for (let second = 0; second < 600; second++) {
      clients.at(-1)?.answer(100);
      jest.advanceTimersByTime(1_000);
    }
    expect(clients).toHaveLength(1);
    expect(announces().length).toBeGreaterThan(10 * 2);
    expect(announces().length).toBeLessThanOrEqual(10 * 4);
  });

  it('announces about once a minute when it has enough, and asks for nobody', () => {
    const { clients, announces } = make({ wanted: () => -2, random: () => 0.5 });
    for (let second = 0; second < 600; second++) {
      clients.at(-1)?.answer(100);
      jest.advanceTimersByTime(1_000);
    }
    expect(announces().length).toBeLessThanOrEqual(11);
    expect(announces().length).toBeGreaterThanOrEqual(9);
    expect(announces().every(({ numwant }) => numwant === 0)).toBe(true);
  });

  it('asks for no more viewers than are wanted', () => {
    const { announces } = make({ wanted: () => 2 });
    expect(announces()[0]?.numwant).toBe(2);
  });

  it('never lets the client announce by its own timer', () => {
    const { clients } = make();
    clients[0]?.answer(3);
    expect(clients[0]?.intervals.every((ms) => ms > 7 * 24 * HOUR)).toBe(true);
    expect(clients[0]?.intervals).toHaveLength(2);
  });

  it('replaces a client whose tracker is silent after 10-20 s, at random, and not more often than four times a minute', () => {
    for (const [random, delay] of [
      [0, 10_000],
      [0.999, 19_990],
    ] as const) {
      const { clients, announces } = make({ random: () => random });
      jest.advanceTimersByTime(10_000);
      expect(clients[0]?.destroyed).toBe(true);
      jest.advanceTimersByTime(delay - 1);
      expect(clients).toHaveLength(1);
      jest.advanceTimersByTime(1);
      expect(clients).toHaveLength(2);
      jest.advanceTimersByTime(600_000 - delay - 10_000);
      expect(announces().length).toBeLessThanOrEqual(40);
      expect(clients.slice(0, -1).every((client) => client.destroyed)).toBe(true);
    }
  });

  it('replaces a client whose tracker is gone after 10 s, and each time that it still is after twice as long', () => {
    const { clients } = make();
    clients[0]?.answer(1);
    for (const [made, delay] of [10_000, 20_000, 40_000].entries()) {
      clients.at(-1)?.emit('lost');
      expect(clients.at(-1)?.destroyed).toBe(true);
      jest.advanceTimersByTime(delay - 1);
      expect(clients).toHaveLength(made + 1);
      jest.advanceTimersByTime(1);
      expect(clients).toHaveLength(made + 2);
    }
    clients[0]?.emit('lost');
    expect(clients.at(-1)?.destroyed).toBe(false);
  });

  it('announces within 3 s by new clients when the network is back, and not when it has stopped', () => {
    const network = new EventTarget();
    const { clients, discovery } = make({ announce: ['ws://a', 'ws://b'], random: () => 0.5 }, network);
    clients[0]?.answer(3);
    clients[1]?.emit('lost');
    network.dispatchEvent(new Event('online'));
    network.dispatchEvent(new Event('online'));
    jest.advanceTimersByTime(1_499);
    expect(clients).toHaveLength(2);
    jest.advanceTimersByTime(1);
    expect(clients.slice(2).map(({ options }) => options.announce[0])).toEqual(['ws://a', 'ws://b']);
    expect(clients.slice(2).flatMap(({ announces }) => announces.map(({ event }) => event))).toEqual([
      'start',
      'start',
    ]);
    expect(clients.slice(0, 2).every(({ destroyed }) => destroyed)).toBe(true);
    network.dispatchEvent(new Event('online'));
    discovery.stop();
    network.dispatchEvent(new Event('online'));
    jest.advanceTimersByTime(HOUR);
    expect(clients).toHaveLength(4);
  });

  it('replaces it too when a later announce stays without answer', () => {
    const { clients } = make();
    clients[0]?.answer(1);
    jest.advanceTimersByTime(18_000);
    expect(clients[0]?.announces.map(({ event }) => event)).toEqual(['start', 'update']);
    jest.advanceTimersByTime(20_000);
    expect(clients).toHaveLength(2);
  });

  it('tells viewers, their number and warnings; answers to offers count as messages', () => {
    const { clients, seen, discovery } = make();
    clients[0]?.answer(12);
    clients[0]?.emit('peer', new FakePeer('cc'.repeat(20), true));
    clients[0]?.emit('peer', new FakePeer('dd'.repeat(20), false));
    clients[0]?.emit('warning', new Error('slow'));
    clients[0]?.emit('error', new Error('bad'));
    expect(seen).toEqual({ peers: 2, sizes: [12], warnings: 2 });
    expect(discovery.messages).toBe(2);
  });

  const offerOf = (byte: string): string =>
    JSON.stringify({
      action: 'announce',
      info_hash: '\xaa'.repeat(20),
      peer_id: byte.repeat(20),
      offer_id: 'o'.repeat(20),
      offer: { type: 'offer', sdp: 'v=0' },
    });

  it('makes a connection of an offer only where it is welcome, whatever else the message says', () => {
    const asked: string[] = [];
    const { clients } = make({
      welcomes: (id) => {
        asked.push(id);
        return id === 'cc'.repeat(20);
      },
    });
    const read = (text: string) => clients[0]?.readMessage?.(text) as { offer?: unknown; peer_id?: string };
    expect(read(offerOf('\xcc')).offer).toEqual({ type: 'offer', sdp: 'v=0' });
    expect(read(offerOf('\x0d'))).toEqual({
      ...{ action: 'announce', info_hash: '\xaa'.repeat(20), offer_id: 'o'.repeat(20) },
      peer_id: '\x0d'.repeat(20),
    });
    expect(asked).toEqual(['cc'.repeat(20), '0d'.repeat(20)]);
    expect(() => read('null')).toThrow('not a message of a tracker');
  });

  it('makes connections of 16 offers at once and 2 a second, however many trackers send them', () => {
    const { clients } = make({ announce: ['ws://a', 'ws://b'] });
    const flood = (count: number): number =>
      Array.from({ length: count }, (_, i) => clients[i % 2]?.readMessage?.(offerOf('\xcc'))).filter(
        (message) => (message as { offer?: unknown }).offer !== undefined,
      ).length;
    expect(flood(1_000)).toBe(16);
    jest.advanceTimersByTime(3_000);
    expect(flood(1_000)).toBe(6);
  });

  describe('by several trackers', () => {
    const two = (changes: Partial<DiscoveryOptions> = {}) =>
      make({ announce: ['ws://a', 'ws://b'], wanted: () => 0, random: () => 0.5, ...changes });

    it('counts what the tracker counts that counts most, whichever answers last', () => {
      const { clients, seen } = two();
      clients[0]?.answer(100);
      clients[1]?.answer(1);
      expect(seen.sizes).toEqual([100, 100]);
      clients[0]?.emit('lost');
      clients[1]?.answer(2);
      expect(seen.sizes.at(-1)).toBe(2);
    });

    it('offers a connection each minute by one whose other viewers are not linked, though it wants no more', () => {
      const linked = new Set<string>();
      const { clients } = two({ isLinked: (id) => linked.has(id) });
      const offered = (): number[] => clients.map(({ announces }) => announces.at(-1)?.numwant ?? 0);
      clients[0]?.emit('peer', new FakePeer('cc'.repeat(20)));
      linked.add('cc'.repeat(20));
      const answer = (): void => {
        for (const client of clients) client.answer(5);
      };
      answer();
      expect(offered()).toEqual([0, 1]);
      answer();
      jest.advanceTimersByTime(60_000);
      answer();
      expect(offered()).toEqual([0, 1]);
      expect(clients[1]?.announces).toHaveLength(3);
      // It announces there, too.
      clients[1]?.readMessage?.(offerOf('\xcc'));
      jest.advanceTimersByTime(60_000);
      expect(offered()).toEqual([0, 0]);
    });

    it('offers nothing by one that has nobody else', () => {
      const { clients } = two();
      for (const client of clients) client.answer(1);
      jest.advanceTimersByTime(60_000);
      expect(clients.map(({ announces }) => announces.at(-1)?.numwant)).toEqual([0, 0]);
    });
  });
});

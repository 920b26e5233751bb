import { jest } from '@jest/globals';
import { type MeshAccess, meshAccess, missingAccess } from '../src/mesh/access.js';
import { replaceDelay } from '../src/mesh/announcer.js';
import { Discovery, type DiscoveryOptions, MAX_TRACKERS } from '../src/mesh/discovery.js';
import { Joining, type MeshInvitation } from '../src/mesh/joining.js';
import { DEFAULT_ICE_SERVERS, type P2PLoaderOptions } from '../src/options.js';
import { fakeTrackers } from './fake-tracker.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const discover = (changes: Partial<DiscoveryOptions> = {}) => {
  const trackers = fakeTrackers();
  const warnings: string[] = [];
  const discovery = new Discovery(
    {
      infoHash: 'aa'.repeat(20),
      peerId: 'bb'.repeat(20),
      announce: ['ws://a'],
      iceServers: [],
      random: () => 0,
      wanted: () => 8,
      now: () => 0,
      isLinked: () => false,
      welcomes: () => true,
      onPeer: () => {},
      onSwarmSize: () => {},
      onLocalNetwork: () => {},
      onUnable: () => {},
      onWarning: ({ message }) => warnings.push(message),
      ...changes,
    },
    trackers.create,
  );
  const urls = () => trackers.clients.map(({ options }) => options.announce.join());
  return { discovery, warnings, urls, ...trackers };
};

describe('a list of trackers', () => {
  it('has a client for each, so that a dead one takes nothing from the others', () => {
    const { clients, urls, discovery } = discover({ announce: ['ws://dead', 'ws://good'] });
    expect(urls()).toEqual(['ws://dead', 'ws://good']);
    for (let second = 0; second < 3_600; second++) {
      for (const client of clients) if (client.options.announce[0] === 'ws://good') client.answer(9);
      jest.advanceTimersByTime(1_000);
    }
    expect(urls().filter((url) => url === 'ws://good')).toHaveLength(1);
    expect(clients[1]?.destroyed).toBe(false);
    const tries = urls().filter((url) => url === 'ws://dead').length;
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(30);
    discovery.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('comes back to one that answers again, at its first pace', () => {
    const { clients, urls } = discover();
    jest.advanceTimersByTime(10_000 + 10_000 + 10_000 + 20_000);
    expect(urls()).toHaveLength(3);
    clients[2]?.answer(2);
    jest.advanceTimersByTime(18_000);
    expect(clients[2]?.announces.map(({ event }) => event)).toEqual(['start', 'update']);
    jest.advanceTimersByTime(10_000 + 10_000);
    expect(urls()).toHaveLength(4);
  });

  it('shares the wanted links among those that answer', () => {
    const { clients } = discover({ announce: ['ws://a', 'ws://b'], wanted: () => 6 });
    expect(clients.map(({ announces }) => announces[0]?.numwant)).toEqual([3, 3]);
    clients[1]?.answer(9);
    jest.advanceTimersByTime(10_000);
    jest.advanceTimersByTime(8_000);
    expect(clients[1]?.announces.at(-1)).toEqual({ event: 'update', numwant: 5 });
  });

  it('is announced to four of them at most', () => {
    const { urls } = discover({ announce: Array.from({ length: 9 }, (_, i) => `ws://${i}`) });
    expect(urls()).toHaveLength(MAX_TRACKERS);
  });

  it('is tried again later and later, never together', () => {
    const delays = [0, 1, 2, 3, 4, 5, 50].map((failures) => replaceDelay(failures, 0));
    expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 160_000, 160_000]);
    expect(replaceDelay(0, 0.5)).toBe(15_000);
    expect(replaceDelay(50, 0.999)).toBeLessThan(320_000);
  });
});

describe('connections', () => {
  it('are relayed only where the site wants it so', () => {
    const turn = [{ urls: 'turn:t.example', username: 'u', credential: 'c' }];
    const { clients } = discover({ iceServers: turn, relayOnly: true });
    expect(clients[0]?.options.rtcConfig).toEqual({ iceServers: turn, iceTransportPolicy: 'relay' });
    expect(discover({ iceServers: turn }).clients[0]?.options.rtcConfig).toEqual({ iceServers: turn });
  });
});

describe('trackers and ICE servers from functions', () => {
  const renewing = (renew: () => MeshAccess | Promise<MeshAccess>) => discover({ announce: ['ws://a?token=0'], renew });

  it('are asked for before each further client is made: when a tracker was lost, and every half hour', async () => {
    let asked = 0;
    const { clients, urls } = renewing(async () => {
      asked += 1;
      return { announce: [`ws://a?token=${asked}`], iceServers: [{ urls: `stun:s${asked}` }] };
    });
    expect([asked, urls()]).toEqual([0, ['ws://a?token=0']]);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(urls()).toEqual(['ws://a?token=0', 'ws://a?token=1']);
    expect(clients[1]?.options.rtcConfig).toEqual({ iceServers: [{ urls: 'stun:s1' }] });
    for (let second = 0; second < 1_800; second++) {
      clients.at(-1)?.answer(2);
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(urls()).toEqual(['ws://a?token=0', 'ws://a?token=1', 'ws://a?token=2']);
    expect(clients.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
  });

  it('are asked for again later when they fail, do not answer, or name fewer trackers', async () => {
    const answers = [
      () => Promise.reject(new Error('HTTP 500')),
      () => {
        throw new Error('offline');
      },
      () => new Promise<MeshAccess>(() => {}),
      () => ({ announce: [], iceServers: [] }),
      () => ({ announce: ['ws://a?token=9'], iceServers: [] }),
    ];
    let asked = 0;
    const { warnings, urls, discovery } = renewing(() => (answers[asked++] ?? answers[4])?.() as MeshAccess);
    await jest.advanceTimersByTimeAsync(1_000_000);
    expect(warnings).toEqual(['HTTP 500', 'offline']);
    expect(urls().slice(0, 2)).toEqual(['ws://a?token=0', 'ws://a?token=9']);
    discovery.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('make no client when they answer after the end', async () => {
    let answer: (access: MeshAccess) => void = () => {};
    const { discovery, clients } = renewing(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await jest.advanceTimersByTimeAsync(20_000);
    discovery.stop();
    answer({ announce: ['ws://late'], iceServers: [] });
    await jest.advanceTimersByTimeAsync(100_000);
    expect(clients).toHaveLength(1);
  });
});

describe('the way into a mesh', () => {
  const playlist = ['ws://10.0.0.1'];
  const named = { url: 'http://10.0.0.1/live.m3u8', announce: playlist };
  it('is what the site set, else what the playlist names', () => {
    expect(meshAccess({}, named, 'tv.example').get()).toEqual({ announce: playlist, iceServers: DEFAULT_ICE_SERVERS });
    expect(meshAccess({}, named, 'localhost').get()).toEqual({ announce: playlist, iceServers: [] });
    const set = { announce: ['wss://mine'], iceServers: [] };
    expect(meshAccess(set, named, 'tv.example').get()).toEqual(set);
    expect(meshAccess(set, named, 'tv.example').renews).toBe(false);
  });

  // `location.hostname` of an app's page: Capacitor, Tauri, Ionic; and a file's.
  it.each(['localhost', 'tauri.localhost', '', '192.168.1.2'])(
    'has STUN servers on a page at "%s", unless playlist and trackers are local, too',
    async (page) => {
      const servers = (url: string, ...announce: string[]) => meshAccess({}, { url, announce }, page).get();
      const far = { iceServers: DEFAULT_ICE_SERVERS };
      expect(servers('https://tv.example/live.m3u8', 'wss://tracker.example')).toMatchObject(far);
      expect(servers('http://10.0.0.1/live.m3u8', 'wss://tracker.example')).toMatchObject(far);
      expect(servers('http://10.0.0.1/live.m3u8', 'ws://10.0.0.1', 'wss://tracker.example')).toMatchObject(far);
      expect(servers('https://tv.example/live.m3u8', 'ws://localhost:8008')).toMatchObject(far);
      expect(servers('http://10.0.0.1/live.m3u8', 'ws://localhost:8008')).toMatchObject({ iceServers: [] });
      const asked = meshAccess({ announce: async () => ['wss://tracker.example'] }, named, page);
      expect(await asked.get()).toMatchObject(far);
    },
  );

  it('is none without a tracker, nor without a relay where only relays may be used', () => {
    const access = (...urls: (string | string[])[]): MeshAccess => ({
      announce: playlist,
      iceServers: urls.map((servers) => ({ urls: servers })),
    });
    expect(missingAccess({ announce: [], iceServers: [] }, {})).toBe('no-tracker');
    expect(missingAccess(access(), {})).toBeUndefined();
    expect(missingAccess(access('stun:a'), { relayOnly: true })).toBe('no-relay');
    for (const urls of ['turn:a', ['stun:a', 'turns:a?transport=tcp']]) {
      expect(missingAccess(access('stun:b', urls), { relayOnly: true })).toBeUndefined();
    }
  });

  it('is asked of functions', async () => {
    const { get, renews } = meshAccess({ announce: async () => ['wss://localhost'] }, named, 'localhost');
    expect(renews).toBe(true);
    expect(await get()).toEqual({ announce: ['wss://localhost'], iceServers: [] });
  });

  const join = (options: P2PLoaderOptions) => {
    const got: MeshInvitation[] = [];
    const errors: unknown[] = [];
    const joining = new Joining(
      options,
      { now: () => Date.now(), random: () => 0, fetch },
      (invitation) => got.push(invitation),
      (error) => errors.push(error),
    );
    return { got, errors, begin: () => joining.begin({ stream: 'cc'.repeat(20), ...named }), joining };
  };

  it('is found at once and once, with nothing to renew, where no function is asked', () => {
    const { got, begin } = join({});
    begin();
    begin();
    expect(got).toEqual([
      { stream: 'cc'.repeat(20), access: { announce: playlist, iceServers: [] }, renew: undefined },
    ]);
  });

  it('is asked for again only after a while when a function failed, and not at each playlist', async () => {
    let asked = 0;
    const { got, errors, begin } = join({
      announce: async () => {
        asked += 1;
        if (asked < 3) throw new Error('no token');
        return ['wss://localhost'];
      },
    });
    for (let second = 0; second < 60; second++) {
      begin();
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect([asked, errors.length, got.length]).toEqual([3, 2, 1]);
    expect(await got[0]?.renew?.()).toEqual({ announce: ['wss://localhost'], iceServers: [] });
  });

  it.each([
    ['a list', { iceServers: {} as RTCIceServer[] }],
    ["a function's answer", { iceServers: async () => ({}) as RTCIceServer[] }],
    ["a function's answer", { announce: async () => undefined as unknown as string[] }],
  ])(
    'is not found by what should be a list and is none, as %s: a warning, later and later, and nothing thrown',
    async (_, options) => {
      const { got, errors, begin } = join(options);
      for (let second = 0; second < 60; second++) {
        expect(begin).not.toThrow();
        await jest.advanceTimersByTimeAsync(1_000);
      }
      expect(got).toEqual([]);
      expect(errors.map(String)).toEqual(Array(3).fill(expect.stringContaining('must be lists')));
    },
  );

  it('is of no use any more when it was given up meanwhile', async () => {
    const { got, begin, joining } = join({ announce: async () => ['wss://mine'] });
    begin();
    joining.cancel();
    await jest.advanceTimersByTimeAsync(10);
    expect(got).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { createP2PLoader, type P2PLoader, type P2PLoaderOptions } from '../src/index.js';
import { until } from './torrent-fixtures.js';

jest.setTimeout(60_000);

const PLAYLIST = 'http://127.0.0.1/live.m3u8';
const FIRST = 'http://127.0.0.1/1.ts';
/** Nothing listens there. */
const TRACKER = encodeURIComponent('ws://127.0.0.1:9');
const TEXT = `#EXTM3U
###live-torrent:?v=1&stream=${'cd'.repeat(20)}&tr=${TRACKER}
#EXT-X-TARGETDURATION:4
#EXTINF:4,
###magnet:?xt=urn:btih:${'ab'.repeat(20)}&xl=5
1.ts
`;

/** A page's worker: what it was posted, and what it tells the page. */
class FakeContainer extends EventTarget {
  readonly posted: { type: string; source: string; added?: string[] }[] = [];
  readonly registered: string[] = [];
  readonly controller = { postMessage: (message: FakeContainer['posted'][number]) => void this.posted.push(message) };
  startMessages(): void {}

  async register(url: string): Promise<void> {
    this.registered.push(url);
    if (url.includes('missing')) throw new TypeError(`no script at ${url}`);
  }

  tell(data: object): void {
    this.dispatchEvent(
      Object.assign(new Event('message'), { data: { ns: 'live-torrent', v: 2, ...data }, ports: [], source: null }),
    );
  }
}

const asContainer = (container: FakeContainer): ServiceWorkerContainer =>
  container as unknown as ServiceWorkerContainer;

describe('a page', () => {
  const globals = globalThis as { RTCPeerConnection?: unknown };
  const loaders: P2PLoader[] = [];
  const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const make = (options: P2PLoaderOptions = {}): P2PLoader => {
    const loader = createP2PLoader({ environment: { fetch: async () => new Response('12345') }, ...options });
    loaders.push(loader);
    return loader;
  };
  const setServiceWorker = (get: () => unknown): void =>
    void Object.defineProperty(globalThis, 'navigator', {
      value: Object.defineProperty({}, 'serviceWorker', { get }),
      configurable: true,
    });
  beforeEach(() => {
    globals.RTCPeerConnection = class {
      close(): void {}
    };
  });
  afterEach(() => {
    for (const loader of loaders.splice(0)) loader.stop();
    delete globals.RTCPeerConnection;
    if (navigatorBefore) Object.defineProperty(globalThis, 'navigator', navigatorBefore);
    else delete (globalThis as { navigator?: unknown }).navigator;
  });

  it.each([true, '/sw.js'])(
    'in a sandboxed frame, whose service worker may not be read, starts: serviceWorker %j',
    async (serviceWorker) => {
      setServiceWorker(() => {
        throw new DOMException('sandboxed', 'SecurityError');
      });
      const loader = make({ serviceWorker });
      await loader.start();
      loader.playlist(PLAYLIST, TEXT);
      expect(loader.stats.reason).toBeUndefined();
    },
  );

  it('has its worker registered by the loader, and a failure is a warning', async () => {
    const container = new FakeContainer();
    setServiceWorker(() => container);
    for (const serviceWorker of ['/sw.js', '/missing.js', true, asContainer(container)]) {
      const loader = make({ serviceWorker });
      const warnings: string[] = [];
      loader.addEventListener('warning', ({ detail }) => warnings.push(detail.error.message));
      await loader.start();
      expect(container.posted.at(-1)?.type).toBe('table');
      await new Promise(setImmediate);
      expect(warnings).toEqual(serviceWorker === '/missing.js' ? ['no script at /missing.js'] : []);
    }
    expect(container.registered).toEqual(['/sw.js', '/missing.js']);
  });

  it('has no container without one, and none where the option is false', async () => {
    setServiceWorker(() => undefined);
    for (const serviceWorker of [true, '/sw.js', false, undefined]) {
      const loader = make({ serviceWorker });
      await loader.start();
      expect(loader.stats.reason).toBe('no-stream');
    }
  });

  it.each<[string, boolean, P2PLoaderOptions]>([
    ['one loader', true, {}],
    ['one loader, asking for consent', true, { enabled: async () => true }],
    ['one loader, asking for ICE servers', true, { iceServers: async () => [] }],
    ['a loader each', false, {}],
    ['a loader each, asking for consent', false, { enabled: async () => true }],
  ])('that starts, stops and starts in one tick, with %s, has one that works', async (_, same, options) => {
    const container = new FakeContainer();
    const first = make({ ...options, serviceWorker: asContainer(container) });
    void first.start();
    first.stop();
    const second = same ? first : make({ ...options, serviceWorker: asContainer(container) });
    await second.start();
    container.tell({ type: 'playlist', id: 1, url: PLAYLIST, requested: PLAYLIST, text: TEXT });
    await until(() => second.stats.enabled);
    expect(container.posted.filter(({ type }) => type === 'playlist-read')).toHaveLength(1);
    await until(() => container.posted.some(({ added }) => added?.[0] === FIRST));
    if (!same) expect(first.stats).toMatchObject({ reason: 'stopped', enabled: false });
  });

  it('whose first loader was never stopped has one that works', async () => {
    const container = new FakeContainer();
    const both = [make({ serviceWorker: asContainer(container) }), make({ serviceWorker: asContainer(container) })];
    for (const loader of both) void loader.start();
    for (const id of [1, 2]) container.tell({ type: 'playlist', id, url: PLAYLIST, requested: PLAYLIST, text: TEXT });
    await until(() => both.some(({ stats }) => stats.enabled));
    expect(both.filter(({ stats }) => stats.enabled)).toHaveLength(1);
    expect(both.filter(({ stats }) => stats.reason === 'no-stream')).toHaveLength(1);
  });

  it('whose player adds to its requests has them answered, and the origin asked as by the player', async () => {
    const container = new FakeContainer();
    const asked: string[] = [];
    const fetchIt = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      asked.push(`${input} ${new Headers(init?.headers).get('x-token')}`);
      return new Response('none', { status: 403 });
    };
    const loader = make({ serviceWorker: asContainer(container), environment: { fetch: fetchIt as typeof fetch } });
    await loader.start();
    container.tell({ type: 'playlist', id: 1, url: PLAYLIST, requested: PLAYLIST, text: TEXT });
    const named = TEXT.replace('#EXTINF', '#EXT-X-PART:DURATION=1,URI="1.ts?part=0"\n#EXTINF');
    const { source } = container.posted.at(-1) as { source: string };
    const ask = (query: string): Promise<unknown> => {
      const { port1, port2 } = new MessageChannel();
      const request = { url: FIRST + query, headers: [['x-token', 't']], credentials: 'same-origin' };
      const event = {
        data: { ns: 'live-torrent', v: 2, type: 'segment', source, url: FIRST, request },
        ports: [port2],
        source: null,
      };
      const answer = new Promise((resolve) => {
        port1.onmessage = ({ data }) => resolve(data.type);
      });
      container.dispatchEvent(Object.assign(new Event('message'), event));
      return answer.finally(() => port1.close());
    };
    expect(await ask('?token=1')).toBe('mine');
    await until(() => asked.length > 0);
    expect(asked[0]).toMatch(/1\.ts\?token=1#\S+ t$/);
    container.tell({ type: 'playlist', id: 2, url: PLAYLIST, requested: PLAYLIST, text: named });
    expect(await ask('?token=1&part=0')).toBe('not-mine');
  });

  it('that sees a Multivariant Playlist while it waits for consent is in the mesh that this names', async () => {
    let allow = (_allowed: boolean): void => {};
    const loader = make({
      enabled: () =>
        new Promise((resolve) => {
          allow = resolve;
        }),
    });
    const started = loader.start();
    const all = TEXT.split('\n')[1]?.replaceAll('cd', 'ef');
    loader.playlist('http://127.0.0.1/m.m3u8', `#EXTM3U\n${all}\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n`);
    allow(true);
    await started;
    loader.playlist(PLAYLIST, TEXT);
    expect(loader.stats).toMatchObject({ enabled: true, playlists: 1 });
    // A rendition that it does not list is of another mesh.
    let left = 0;
    loader.addEventListener('statechange', () => void left++);
    loader.playlist(PLAYLIST, TEXT.replaceAll('cd', '01'));
    expect(left).toBe(0);
    loader.playlist('http://127.0.0.1/other.m3u8', TEXT);
    expect(left).toBeGreaterThan(0);
  });

  it('that sees the Multivariant Playlist of a rendition later moves once, as long as nobody is linked', async () => {
    const loader = make();
    let moves = 0;
    loader.addEventListener('statechange', () => void (loader.stats.reason === 'no-stream' && moves++));
    await loader.start();
    moves = 0;
    loader.playlist(PLAYLIST, TEXT);
    const all = TEXT.split('\n')[1]?.replaceAll('cd', 'ef');
    loader.playlist('http://127.0.0.1/m.m3u8', `#EXTM3U\n${all}\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n`);
    expect([moves, loader.stats.enabled]).toEqual([0, true]);
    for (let reload = 0; reload < 3; reload++) loader.playlist(PLAYLIST, TEXT);
    expect([moves, loader.stats.enabled]).toEqual([1, true]);
  });

  it('whose browser makes no RTCPeerConnection plays by plain HTTP, with one warning, however many playlists come', async () => {
    globals.RTCPeerConnection = class {
      constructor() {
        throw new Error('blocked by policy');
      }
    };
    const loader = make();
    const warnings: string[] = [];
    loader.addEventListener('warning', ({ detail }) => warnings.push(detail.error.message));
    await loader.start();
    loader.playlist(PLAYLIST, TEXT);
    await until(() => loader.stats.reason === 'no-webrtc');
    for (let reload = 0; reload < 3; reload++) loader.playlist(PLAYLIST, TEXT);
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'no-webrtc', trackerMessages: 0 });
    expect(loader.request(FIRST, undefined)).toBeUndefined();
    expect(warnings).toEqual(['this browser makes no RTCPeerConnection: Error: blocked by policy']);
    loader.stop();
    await loader.start();
    expect(loader.stats.reason).toBe('no-stream');
  });
});

it('a server that renders the page imports the loader and makes one, with nothing of a browser there', () => {
  const entry = pathToFileURL(new URL('../dist/index.js', import.meta.url).pathname).href;
  const script = `
    for (const name of ['navigator', 'crypto', 'performance', 'WebSocket']) Object.defineProperty(globalThis, name, { value: undefined });
    const { createP2PLoader } = await import(${JSON.stringify(entry)});
    for (const serviceWorker of ['/sw.js', true, undefined]) {
      const loader = createP2PLoader({ serviceWorker });
      loader.hlsConfig();
      await loader.start();
      console.log(loader.stats.reason);
      loader.stop();
    }`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(out).toBe('no-crypto\n'.repeat(3));
});

import { jest } from '@jest/globals';
import { P2PLoader } from '../src/loader.js';
import type { P2PLoaderOptions } from '../src/options.js';

const URL = 'https://tv.example/live.m3u8';
const hash = 'ab'.repeat(20);
const playlist = [
  '#EXTM3U',
  `###live-torrent:?v=1&stream=${'cd'.repeat(20)}&tr=ws%3A%2F%2F127.0.0.1%3A1`,
  '#EXT-X-TARGETDURATION:4',
  '#EXTINF:4,',
  `###magnet:?xt=urn:btih:${hash}&xl=5`,
  '1.ts',
  '',
].join('\n');

/** The browser as far as the loader looks for it. */
const globals = globalThis as { RTCPeerConnection?: unknown; document?: unknown };

describe('the loader minds its manners', () => {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const loaders: P2PLoader[] = [];
  beforeEach(() => {
    jest.useFakeTimers();
    document.visibilityState = 'visible';
    Object.assign(globals, {
      RTCPeerConnection: class {
        close(): void {}
      },
      document,
    });
  });
  afterEach(() => {
    for (const loader of loaders.splice(0)) loader.stop();
    delete globals.RTCPeerConnection;
    delete globals.document;
    jest.useRealTimers();
  });

  const start = async (options: P2PLoaderOptions = {}): Promise<P2PLoader> => {
    const loader = new P2PLoader({
      ...options,
      environment: { now: () => Date.now(), fetch: () => new Promise(() => {}) },
    });
    loaders.push(loader);
    await loader.start();
    loader.playlist(URL, playlist);
    return loader;
  };
  const show = (visibilityState: 'visible' | 'hidden'): void => {
    document.visibilityState = visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  it('sleeps when nobody watches: answers for nothing, keeps up with the playlist, and is back the moment it is seen', async () => {
    const loader = await start({ hiddenFor: 20_000 });
    const states: unknown[] = [];
    loader.addEventListener('statechange', () => states.push(loader.stats.reason));
    const waiting = loader.request('https://tv.example/1.ts', undefined);
    const given = waiting?.catch((error: Error) => error.name);
    show('hidden');
    await jest.advanceTimersByTimeAsync(21_000);
    expect(await given).toBe('AbortError');
    expect([loader.stats.enabled, loader.segmentUrls()]).toEqual([false, []]);
    loader.playlist(URL, playlist.replace('1.ts', '2.ts'));
    expect(loader.stats.reason).toBe('asleep');
    show('visible');
    expect(loader.stats.enabled).toBe(true);
    expect(loader.segmentUrls()).toContain('https://tv.example/2.ts');
    expect(states).toEqual(['asleep', 'no-stream', undefined]);
  });

  it('wakes in the background when its media plays again', async () => {
    const loader = await start({ hiddenFor: 0 });
    const media = { paused: true, ended: false, buffered: { length: 0, start: () => 0, end: () => 0 } };
    loader.attachMedia({ ...media, currentTime: 0, playbackRate: 1 });
    show('hidden');
    expect(loader.stats.reason).toBe('asleep');
    loader.attachMedia({ ...media, paused: false, currentTime: 0, playbackRate: 1 });
    loader.playlist(URL, playlist);
    expect(loader.stats.enabled).toBe(true);
  });

  it('says what keeps it from giving', async () => {
    expect((await start()).stats.uploadPaused).toBeUndefined();
    expect((await start({ role: 'leech' })).stats.uploadPaused).toBe('upload-off');
  });

  it('stays away where the viewer saves data, and joins when that ends', async () => {
    const connection = Object.assign(new EventTarget(), { saveData: true });
    const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    Object.defineProperty(globalThis, 'navigator', { value: { connection }, configurable: true });
    try {
      const loader = await start();
      expect([loader.stats.reason, loader.stats.playlists]).toEqual(['save-data', 1]);
      connection.saveData = false;
      connection.dispatchEvent(new Event('change'));
      expect(loader.stats.enabled).toBe(true);
    } finally {
      if (own) Object.defineProperty(globalThis, 'navigator', own);
    }
  });

  it('starts once, and again after it was stopped', async () => {
    const loader = await start();
    await loader.start();
    expect([loader.stats.enabled, loader.stats.reason]).toEqual([true, undefined]);
    loader.stop();
    expect(loader.stats.reason).toBe('stopped');
    await loader.start();
    expect(loader.stats.reason).toBe('no-stream');
    loader.playlist(URL, playlist);
    expect(loader.stats.enabled).toBe(true);
  });
});

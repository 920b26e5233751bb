import { jest } from '@jest/globals';
import { JSDOM } from 'jsdom';

jest.setTimeout(60_000);

const PLAYLIST = 'https://site.example/live.m3u8';
const TEXT = `#EXTM3U
###live-torrent:?v=1&stream=${'cd'.repeat(20)}
#EXT-X-TARGETDURATION:4
#EXTINF:4,
###magnet:?xt=urn:btih:${'ab'.repeat(20)}&xl=5
1.ts
`;

/** What a site's own tests have in place of a page: jsdom's globals, without WebRTC, service workers and fetch. */
const NAMES = [
  'window',
  'document',
  'navigator',
  'location',
  'Event',
  'CustomEvent',
  'EventTarget',
  'HTMLMediaElement',
] as const;

describe('in jsdom, as a site’s tests have it', () => {
  const before = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  const { window } = new JSDOM('<video></video>', { url: 'https://site.example/watch' });

  beforeAll(() => {
    for (const name of NAMES) {
      Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
    }
  });
  afterAll(() => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
    window.close();
  });

  it.each([undefined, true, '/sw.js'])(
    'a loader is made, started, attached and stopped, and says why it does nothing: serviceWorker %j',
    async (serviceWorker) => {
      const { createP2PLoader } = await import('../src/index.js');
      const loader = createP2PLoader(serviceWorker === undefined ? {} : { serviceWorker });
      const video = window.document.querySelector('video') as HTMLVideoElement;
      expect(Object.keys(loader.hlsConfig())).toEqual(expect.arrayContaining(['fLoader']));
      await loader.start();
      loader.attachMedia(video);
      loader.playlist(PLAYLIST, TEXT);
      expect(loader.stats.reason).toBe('no-webrtc');
      loader.stop();
      // A component that is taken away and comes back.
      await loader.start();
      expect(loader.stats.reason).toBe('no-webrtc');
      loader.stop();
    },
  );

  it('the worker’s modules can be imported', async () => {
    const { createSwProxy } = await import('../../sw-proxy/src/index.js');
    expect(typeof createSwProxy).toBe('function');
    const protocol = await import('../../sw-proxy/src/protocol.js');
    expect(protocol.isWorkerMessage({ type: 'nothing' })).toBe(false);
  });

  it('the overlay reads no figures while the page is hidden, and is taken away whole', async () => {
    const [{ createP2PLoader }, { showOverlay }] = await Promise.all([
      import('../src/index.js'),
      import('../src/overlay.js'),
    ]);
    const loader = createP2PLoader();
    const reads = jest.spyOn(loader, 'stats', 'get');
    const turn = (hidden: boolean): void => {
      Object.defineProperty(window.document, 'hidden', { value: hidden, configurable: true });
      window.document.dispatchEvent(new window.Event('visibilitychange'));
    };
    const remove = showOverlay(loader);
    const shown = reads.mock.calls.length;
    turn(true);
    expect(reads).toHaveBeenCalledTimes(shown);
    turn(false);
    expect(reads).toHaveBeenCalledTimes(shown + 1);
    expect(window.document.body.childElementCount).toBe(2);
    remove();
    turn(false);
    expect(reads).toHaveBeenCalledTimes(shown + 1);
    expect(window.document.body.childElementCount).toBe(1);
  });
});

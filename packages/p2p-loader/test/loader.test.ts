import { createServer, type Server } from 'node:net';
import { jest } from '@jest/globals';
import { encodeInfo } from '@live-torrent/manifest-magnetizer/info';
import { listen } from '../../../harness/serve.mjs';
import { createP2PLoader, OriginError, type P2PLoader, type P2PLoaderOptions } from '../src/index.js';
import { Lines } from '../src/schedule/lines.js';
import { type Sample, sample, until } from './torrent-fixtures.js';

jest.setTimeout(60_000);

const PLAYLIST = 'https://tv.example/live.m3u8';
const FIRST = 'https://tv.example/1.ts';
const STREAM = 'cd'.repeat(20);

/** What the page's tracker is; it never answers, and counts who comes. */
let tracker: { readonly server: Server; url: string; connections: number };

const media = (segment: Sample, { named = true, stream = true } = {}): string =>
  [
    '#EXTM3U',
    ...(stream
      ? [`###live-torrent:?v=1&stream=${STREAM}${named ? `&tr=${encodeURIComponent(tracker.url)}` : ''}`]
      : []),
    '#EXT-X-TARGETDURATION:4',
    '#EXTINF:4,',
    `###magnet:?xt=urn:btih:${segment.infoHash}&xl=${segment.bytes.byteLength}&x.info=${Buffer.from(encodeInfo(segment.info.parsed)).toString('base64url')}`,
    '1.ts',
    '',
  ].join('\n');

/** Long enough for a connection on this machine. */
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

const globals = globalThis as { RTCPeerConnection?: unknown };

describe('the loader', () => {
  const loaders: P2PLoader[] = [];
  let segment: Sample;
  beforeAll(async () => {
    segment = await sample(50_000);
  });
  beforeEach(async () => {
    globals.RTCPeerConnection = class {
      close(): void {}
    };
    const server = createServer((socket) => {
      tracker.connections += 1;
      socket.on('error', () => {});
      socket.end();
    });
    tracker = { server, url: '', connections: 0 };
    tracker.url = `ws://127.0.0.1:${await listen(server)}`;
  });
  afterEach(() => {
    jest.restoreAllMocks();
    for (const loader of loaders.splice(0)) loader.stop();
    delete globals.RTCPeerConnection;
    tracker.server.close();
  });

  const make = (options: P2PLoaderOptions = {}, answer = () => new Response(segment.bytes.slice())): P2PLoader => {
    const loader = createP2PLoader({ environment: { fetch: async () => answer() }, ...options });
    loaders.push(loader);
    return loader;
  };

  it('does nothing before it is started', async () => {
    const loader = make();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'not-started', playlists: 0 });
    expect(loader.request(FIRST, undefined)).toBeUndefined();
    expect(loader.segmentUrls()).toEqual([]);
    await rest();
    expect(tracker.connections).toBe(0);
  });

  it('tells no tracker of the viewer before it may, and does afterwards', async () => {
    let allow = (_allowed: boolean): void => {};
    const loader = make({
      enabled: () =>
        new Promise((resolve) => {
          allow = resolve;
        }),
    });
    const started = loader.start();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'awaiting-consent' });
    expect(loader.request(FIRST, undefined)).toBeUndefined();
    await rest();
    expect(tracker.connections).toBe(0);
    allow(true);
    await started;
    expect(loader.stats.reason).toBe('no-stream');
    await rest();
    expect(tracker.connections).toBe(0);
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats).toMatchObject({ enabled: true, reason: undefined, playlists: 1 });
    expect(loader.segmentUrls()).toEqual([FIRST]);
    await loader.request(FIRST, undefined);
    await until(() => tracker.connections > 0);
  });

  it('knows a playlist that its player loaded once, while it had to wait', async () => {
    let allow = (_allowed: boolean): void => {};
    const allowed = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    const loader = make({ enabled: () => allowed });
    const started = loader.start();
    loader.playlist(PLAYLIST, `${media(segment)}#EXT-X-ENDLIST\n`);
    expect(loader.segmentUrls()).toEqual([]);
    allow(true);
    await started;
    expect(loader.stats).toMatchObject({ enabled: true, playlists: 1 });
    expect(loader.segmentUrls()).toEqual([FIRST]);
  });

  it('goes along when its player moves on to another stream', async () => {
    const loader = make();
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.segmentUrls()).toEqual([FIRST]);
    loader.playlist('https://tv.example/b/live.m3u8', media(segment).replace(STREAM, 'ab'.repeat(20)));
    expect(loader.stats).toMatchObject({ enabled: true, reason: undefined });
    expect(loader.segmentUrls()).toEqual(['https://tv.example/b/1.ts']);
  });

  it.each<[string, P2PLoaderOptions['enabled']]>([
    ['false', false],
    ['a function that says no', async () => false],
    ['a function that fails', () => Promise.reject(new Error('dialog closed'))],
  ])('stays with plain HTTP when enabled is %s', async (_name, enabled) => {
    const loader = make({ enabled: enabled as boolean });
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'disabled' });
    expect(loader.request(FIRST, undefined)).toBeUndefined();
    await rest();
    expect(tracker.connections).toBe(0);
  });

  it('says that there is no WebRTC', async () => {
    delete globals.RTCPeerConnection;
    const loader = make();
    await loader.start();
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'no-webrtc' });
  });

  it('says that the playlist names no stream, or no tracker', async () => {
    const loader = make();
    await loader.start();
    loader.playlist(PLAYLIST, media(segment, { stream: false }));
    expect(loader.stats.reason).toBe('no-stream');
    loader.playlist(PLAYLIST, media(segment, { named: false }));
    expect(loader.stats.reason).toBe('no-tracker');
    await rest();
    expect(tracker.connections).toBe(0);
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats.reason).toBeUndefined();
  });

  it('connects nothing where only relays may be used and none is given', async () => {
    const loader = make({ relayOnly: true });
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    await rest();
    expect([loader.stats.reason, tracker.connections]).toEqual(['no-relay', 0]);
  });

  it('leaves everything to the network in shadow mode, and measures', async () => {
    let asked = 0;
    const loader = make({ shadow: true }, () => {
      asked += 1;
      return new Response(segment.bytes.slice());
    });
    const told: unknown[] = [];
    loader.addEventListener('shadow', ({ detail }) => told.push(detail));
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    await until(() => loader.stats.reason === 'shadow');
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'shadow', shadow: { peerBytes: 0, originBytes: 0 } });
    expect(loader.segmentUrls()).toEqual([]);
    expect(loader.request(FIRST, undefined)).toBeUndefined();
    await until(() => told.length > 0);
    const { infoHash, bytes } = segment;
    expect(told).toEqual([{ url: FIRST, infoHash, bytes: bytes.byteLength, source: 'origin' }]);
    expect(loader.stats.shadow).toEqual({
      peerBytes: 0,
      originBytes: bytes.byteLength,
      uploadedBytes: 0,
      segments: { fromPeers: 0, fromOrigin: 1 },
    });
    await until(() => tracker.connections > 0);
    expect([asked, loader.stats.originBytes]).toEqual([0, 0]);
  });

  it('gives a segment with where it came from, and the same bytes again from its cache', async () => {
    const loader = make();
    const told: unknown[] = [];
    loader.addEventListener('segment', ({ detail }) => told.push(detail));
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    const progress: number[] = [];
    const got = await loader.request(FIRST, undefined, { onProgress: ({ loaded }) => progress.push(loaded) });
    expect(got?.bytes.copy()).toEqual(segment.bytes);
    expect(got?.source).toBe('origin');
    expect(got && got.timing.start <= got.timing.firstByte && got.timing.firstByte <= got.timing.end).toBe(true);
    expect(progress.at(-1)).toBe(50_000);
    expect((await loader.request(FIRST, undefined))?.source).toBe('cache');
    expect(loader.stats).toMatchObject({
      originBytes: 50_000,
      peerBytes: 0,
      originRequests: 1,
      cachedBytes: 50_000,
      torrents: 1,
      segments: { fromPeers: 0, fromOrigin: 1, mixed: 0, fromCache: 1 },
    });
    expect(told).toMatchObject([
      { url: FIRST, infoHash: segment.infoHash, bytes: 50_000, source: 'origin' },
      { source: 'cache' },
    ]);
  });

  it.each([
    ['a player that runs dry', true, 1, 5_000],
    ['one with a buffer', true, 10, 0],
    ['one with a line of its own', false, 1, 0],
  ])(
    'on a line that is shared tells %s of its wait for a segment that took longer than it plays, and else of the transfer',
    async (_player, isShared, seconds, bodyMs) => {
      jest.spyOn(Lines.prototype, 'isShared', 'get').mockReturnValue(isShared);
      let time = 1_000;
      let ahead = 0;
      const answer = (): Response => {
        time += 5_000;
        ahead = seconds;
        return new Response(segment.bytes.slice());
      };
      const loader = make({ environment: { fetch: async () => answer(), now: () => time } });
      const buffered = { length: 1, start: () => 0, end: () => ahead };
      const ignored = (): void => {};
      const media_ = {
        buffered,
        currentTime: 0,
        playbackRate: 1,
        addEventListener: ignored,
        removeEventListener: ignored,
      };
      loader.attachMedia({ ...media_, paused: false, ended: false });
      await loader.start();
      loader.playlist(PLAYLIST, media(segment));
      const { timing } = (await loader.request(FIRST, undefined)) ?? {};
      expect(timing && [timing.end - timing.start, timing.end - timing.firstByte]).toEqual([5_000, bodyMs]);
    },
  );

  it('does not go on to the origin for what follows a live segment that the player is just being given', async () => {
    const loader = make();
    const next = await sample(60_000, 2);
    const listed = [segment, next].map(
      ({ infoHash, bytes }, index) =>
        `#EXTINF:4,\n###magnet:?xt=urn:btih:${infoHash}&xl=${bytes.byteLength}\n${index + 1}.ts\n`,
    );
    await loader.start();
    loader.playlist(PLAYLIST, `${media(segment).split('#EXTINF')[0]}${listed.join('')}`);
    expect((await loader.request(FIRST, undefined))?.bytes.copy()).toEqual(segment.bytes);
    await rest();
    expect(loader.stats.originRequests).toBe(1);
  });

  it('answers for nothing that no playlist lists, and for no other range', async () => {
    const loader = make();
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.request('https://tv.example/2.ts', undefined)).toBeUndefined();
    expect(loader.request(FIRST, { offset: 0, length: 10 })).toBeUndefined();
  });

  it('rejects with the origin’s status, and warns', async () => {
    const loader = make({}, () => new Response('', { status: 403 }));
    const warnings: Error[] = [];
    loader.addEventListener('warning', ({ detail }) => warnings.push(detail.error));
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    await expect(loader.request(FIRST, undefined)).rejects.toMatchObject({ name: 'OriginError', status: 403 });
    expect(warnings.some((error) => error instanceof OriginError)).toBe(true);
  });

  it('rejects with AbortError when the player gives up, and when it is stopped', async () => {
    const loader = make({ environment: { fetch: () => new Promise(() => {}) } });
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    const player = new AbortController();
    const given = loader.request(FIRST, undefined, { signal: player.signal });
    player.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    const other = loader.request(FIRST, undefined);
    loader.stop();
    await expect(other).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('answers for nothing once it is stopped, and starts again', async () => {
    const loader = make();
    const changes: (string | undefined)[] = [];
    loader.addEventListener('statechange', () => changes.push(loader.stats.reason));
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    loader.stop();
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats).toMatchObject({ enabled: false, reason: 'stopped', links: 0, torrents: 0 });
    expect([loader.request(FIRST, undefined), loader.segmentUrls()]).toEqual([undefined, []]);
    await loader.start();
    loader.playlist(PLAYLIST, media(segment));
    expect(changes).toEqual([
      'awaiting-consent',
      'no-stream',
      undefined,
      'stopped',
      'awaiting-consent',
      'no-stream',
      undefined,
    ]);
  });

  it('does not begin when it is stopped while it asks for consent', async () => {
    let allow = (_allowed: boolean): void => {};
    const loader = make({
      enabled: () =>
        new Promise((resolve) => {
          allow = resolve;
        }),
    });
    const started = loader.start();
    loader.stop();
    allow(true);
    await started;
    loader.playlist(PLAYLIST, media(segment));
    expect(loader.stats.reason).toBe('stopped');
    await rest();
    expect(tracker.connections).toBe(0);
  });
});

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { hasFfmpeg } from '../browser/support/media.js';
import { probeDeliveries } from '../browser/support/probe-deliveries.js';
import { shortSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import { openTab, type WorkerTab, workerContext } from '../browser/support/worker-tab.js';

jest.setTimeout(90_000);

const modules = join(import.meta.dirname, '../../node_modules');
const scripts: { readonly [path: string]: string } = {
  '/video.js': 'video.js/dist/video.min.js',
  '/shaka.js': 'shaka-player/dist/shaka-player.compiled.js',
};

/** A page with a worker and a loader, whose player `play` makes. */
const pageOf = (script: string, play: string): string => `<!doctype html><link rel="icon" href="data:,">
<video id="player" class="video-js" muted autoplay playsinline></video>
<script src="${script}"></script>
<script type="module">
import { createP2PLoader } from '/p2p-loader.js';
const worker = navigator.serviceWorker;
await worker.register('/sw.js');
if (!worker.controller) await new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
const video = document.querySelector('video');
globalThis.liveTorrent = createP2PLoader({ serviceWorker: worker });
await liveTorrent.start();
liveTorrent.attachMedia(video);
const add = (url) => (url.includes('.ts') ? url + '?token=t%20t' : url);
${play}
</script>`;

/** As the players' own guides have it. */
const players: readonly (readonly [name: string, script: string, play: string])[] = [
  [
    'Video.js, for all players',
    '/video.js',
    `videojs.Vhs.xhr.onRequest((options) => {
  options.uri = add(options.uri);
  options.headers = { ...options.headers, 'X-Token': '1' };
  return options;
});
videojs(video).src({ src: '/manifest.m3u8', type: 'application/x-mpegURL' });`,
  ],
  [
    'Video.js, for one player',
    '/video.js',
    `const player = videojs(video);
player.on('xhr-hooks-ready', () => {
  player.tech({ IWillNotUseThisInPlugins: true }).vhs.xhr.onRequest((options) => {
    options.uri = add(options.uri);
    options.headers = { ...options.headers, 'X-Token': '1' };
    return options;
  });
});
player.src({ src: '/manifest.m3u8', type: 'application/x-mpegURL' });`,
  ],
  [
    'Shaka Player',
    '/shaka.js',
    `const player = new shaka.Player();
await player.attach(video);
player.getNetworkingEngine().registerRequestFilter((type, request) => {
  if (type !== shaka.net.NetworkingEngine.RequestType.SEGMENT) return;
  request.uris = request.uris.map(add);
  request.headers['X-Token'] = '1';
});
await player.load('/manifest.m3u8');`,
  ],
];

(hasFfmpeg ? describe : describe.skip)('a token that the player adds to the requests for segments', () => {
  let folder: string;
  let site: WorkerSite;
  let browser: Browser;
  let contexts: BrowserContext[];

  beforeAll(async () => {
    folder = shortSegments(400);
    site = await WorkerSite.start({ folders: [folder] });
    for (const [path, file] of Object.entries(scripts)) site.files.set(path, readFileSync(join(modules, file), 'utf8'));
    browser = await launchBrowser();
  });
  beforeEach(() => {
    contexts = [];
  });
  afterEach(async () => {
    for (const context of contexts) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** A viewer with a profile, and so a cache, of its own. */
  const open = async (): Promise<WorkerTab> => {
    const context = await workerContext(browser);
    contexts.push(context);
    await context.addInitScript(probeDeliveries);
    return openTab(context, `${site.url}player.html`);
  };
  /** URLs of what a player got that is not its file. */
  const wrong = async (tab: WorkerTab): Promise<string[]> => {
    const delivered = await tab.evaluate(() => globalThis.__deliveries);
    expect(delivered.length).toBeGreaterThan(0);
    return delivered.flatMap(({ url, sha256 }) => {
      const file = readFileSync(join(folder, basename(new URL(url).pathname)));
      return createHash('sha256').update(file).digest('hex') === sha256 ? [] : [url];
    });
  };

  it.each(players)('is in the loader’s own, and keeps nothing from peers: %s', async (_, script, play) => {
    site.files.set('/player.html', pageOf(script, play));
    const from = site.requests.length;
    const tabs = [await open(), await open()];
    await waitFor('links', async () => (await Promise.all(tabs.map((tab) => tab.stats()))).every((s) => s.links === 1));
    const before = await Promise.all(tabs.map((tab) => tab.stats()));
    for (const tab of tabs) await tab.delivers(4);
    const figures = async () =>
      (await Promise.all(tabs.map((tab) => tab.stats()))).map(({ peerBytes, originBytes }, i) => ({
        peer: peerBytes - (before[i]?.peerBytes ?? 0),
        origin: originBytes - (before[i]?.originBytes ?? 0),
      }));
    const sum = async (of: 'peer' | 'origin'): Promise<number> =>
      (await figures()).reduce((total, each) => total + each[of], 0);
    await waitFor('bytes from peers', async () => (await sum('peer')) > 0);
    await waitFor('bytes by the loader', async () => (await sum('origin')) > 0);
    for (const tab of tabs) {
      expect(await wrong(tab)).toEqual([]);
      expect(tab.errors).toEqual([]);
    }
    const asked = site.requests.slice(from).filter(({ path }) => path.endsWith('.ts'));
    for (const { url, headers } of asked) {
      expect([url, headers['x-token']]).toEqual([expect.stringMatching(/\?token=t%20t$/), '1']);
    }
  });
});

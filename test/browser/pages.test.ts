import { jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { hasFfmpeg } from './support/media.js';
import { shortSegments } from './support/worker-feeds.js';
import { WorkerSite } from './support/worker-site.js';
import { openTab, WorkerTab, workerContext, wrongBytes } from './support/worker-tab.js';

jest.setTimeout(90_000);

(hasFfmpeg ? describe : describe.skip)('a page that sites have', () => {
  let folder: string;
  let site: WorkerSite;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    folder = shortSegments(400);
    site = await WorkerSite.start({ folders: [folder] });
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    context = await workerContext(browser);
  });
  afterEach(async () => {
    await context?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const open = (query: string): Promise<WorkerTab> => openTab(context, `${site.url}play.html?${query}`);

  it.each(['', '?direct'])('plays in a sandboxed frame, whose service worker may not be read%s', async (query) => {
    const page = await context.newPage();
    await page.goto(`${site.url}sandbox.html${query}`);
    await waitFor('the frame', () => page.frames()[1]?.url().includes('sandboxed') ?? false);
    const tab = new WorkerTab(page.frames()[1] as never);
    await waitFor('first frame', async () => (await tab.playback()).firstPlaying, { timeout: 30_000 });
    await tab.playsOn(2);
    if (query) await tab.delivers(2);
    expect(tab.errors).toEqual([]);
  });

  it.each(['', '&direct'])(
    'has one loader that works and links, started, stopped and started in one tick%s',
    async (way) => {
      const tabs = [await open(`strict${way}`), await open(`strict${way}`)];
      await waitFor('a link', async () => (await tabs[0]?.stats())?.links === 1);
      for (const tab of tabs) await tab.delivers(2);
    },
  );

  it.each(['', '&direct'])(
    "has its player's token in each segment request, the loader's own included, and the loader answers them%s",
    async (way) => {
      const before = site.requests.length;
      const tab = await open(`token${way}`);
      await tab.delivers(4);
      expect(await tab.broken()).toEqual([]);
      expect(await wrongBytes(tab, folder)).toEqual([]);
      // The first ones may come before the worker knows of the stream.
      const asked = site.requests.slice(before).filter(({ path }) => path.endsWith('.ts'));
      expect(asked.length).toBeGreaterThan(0);
      for (const { url, headers } of asked) {
        expect([url, headers['x-token']]).toEqual([expect.stringMatching(/\?token=t%20t$/), '1']);
      }
      const paths = asked.map(({ path }) => path);
      expect(paths.length).toBe(new Set(paths).size);
    },
  );

  it('links with the ICE servers that the browser takes, and warns once of one that it refuses', async () => {
    const tabs = [await open('ice'), await open('ice')];
    await waitFor('a link', async () => (await tabs[0]?.stats())?.links === 1);
    for (const tab of tabs) {
      expect((await tab.warnings()).filter((text) => text.includes('iceServers'))).toEqual([
        expect.stringContaining('refuses stun:127.0.0.1?transport=udp'),
      ]);
    }
  });

  it.each([
    ['before', (other: string, ours: string) => other + ours, 0],
    ['after', (other: string, ours: string) => ours + other, 2],
  ])(
    'plays where the worker has a listener %s ours that answers everything, and nothing throws',
    async (_, join, count) => {
      const ours = site.files.get('/sw.js') ?? '';
      const report = `addEventListener('error', ({ message }) => fetch('/report', { method: 'POST', body: message }));`;
      const other = `addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));`;
      site.files.set('/sw.js', report + join(other, `;${ours}\n`));
      try {
        const tab = await open('');
        await tab.delivers(count);
        await tab.playsOn(2);
        expect((await tab.stats()).playlists > 0).toBe(count > 0);
        expect(site.reports).toEqual([]);
      } finally {
        site.files.set('/sw.js', ours);
      }
    },
  );
});

import { jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { hasFfmpeg } from '../browser/support/media.js';
import { shortSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import { openTab, playingTab, WorkerTab, workerContext, wrongBytes } from '../browser/support/worker-tab.js';

jest.setTimeout(150_000);

(hasFfmpeg ? describe : describe.skip)('players of every kind behind the worker', () => {
  let folders: [string, string];
  let site: WorkerSite;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    folders = [shortSegments(400), shortSegments(300)];
    site = await WorkerSite.start({ folders });
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

  const open = (query = ''): Promise<WorkerTab> => openTab(context, `${site.url}play.html${query}`);

  /** Nothing broke, and every byte is the origin's. */
  async function expectSound(tab: WorkerTab, folder = folders[0]): Promise<void> {
    expect(await tab.broken()).toEqual([]);
    expect(tab.errors).toEqual([]);
    expect(await wrongBytes(tab, folder)).toEqual([]);
  }

  it('a first visit plays before the worker is in control, and through it afterwards', async () => {
    const tab = await open('?claim=0');
    await waitFor('control', () => tab.controlled());
    await tab.delivers(3);
    await expectSound(tab);
  });

  it('a hard reload plays without the worker, and the next load with it', async () => {
    const tab = await open();
    await tab.delivers(2);
    const page = tab.frame.page();
    const session = await context.newCDPSession(page);
    const loaded = page.waitForEvent('load');
    await session.send('Page.reload', { ignoreCache: true });
    await loaded;
    const uncontrolled = await playingTab(page);
    expect(await uncontrolled.controlled()).toBe(false);
    await uncontrolled.playsOn(4);
    expect((await uncontrolled.stats()).segments).toMatchObject({ fromPeers: 0, fromOrigin: 0 });
    await expectSound(uncontrolled);
    await page.reload();
    const controlled = await playingTab(page);
    await controlled.delivers(3);
    await expectSound(controlled);
  });

  it('two tabs of one stream link, and each has its own segments', async () => {
    const tabs = [await open(), await open()];
    await waitFor('a link', async () => (await tabs[0]?.stats())?.links === 1);
    for (const tab of tabs) {
      await tab.delivers(4);
      await expectSound(tab);
    }
  });

  it('two tabs of two streams do not link, and do not mix', async () => {
    const [first, second] = [await open(), await open('?source=/1/manifest.m3u8')];
    await Promise.all([first.delivers(4), second.delivers(4)]);
    expect((await first.stats()).links).toBe(0);
    await expectSound(first);
    await expectSound(second, folders[1]);
  });

  it('two players of two streams in one page have a loader each', async () => {
    const page = await context.newPage();
    await page.goto(`${site.url}both.html`);
    const delivered = (): Promise<number[]> =>
      page.evaluate(() => {
        const { liveTorrents = [] } = globalThis as { liveTorrents?: (typeof globalThis.liveTorrent)[] };
        return liveTorrents.map(({ stats }) => stats.segments.fromOrigin);
      });
    await waitFor('segments of both', async () => (await delivered()).filter((count) => count > 3).length === 2, {
      timeout: 45_000,
    });
  });

  it('a player in an iframe is a client of its own', async () => {
    const page = await context.newPage();
    await page.goto(`${site.url}frame.html`);
    const frame = page.frames()[1];
    if (!frame) throw new Error('no frame');
    const tab = new WorkerTab(frame);
    await waitFor('first frame', async () => (await tab.playback()).firstPlaying, { timeout: 30_000 });
    await tab.delivers(3);
    await expectSound(tab);
  });

  it.each([
    ['without loader', '?loader=0', undefined],
    ['with a loader that is switched off', '?enabled=0', 'disabled'],
    ['without WebRTC', '?rtc=0', 'no-webrtc'],
  ])('a page %s plays from the network, untouched', async (_, query, reason) => {
    const tab = await open(query);
    expect(await tab.controlled()).toBe(true);
    await tab.playsOn(5);
    if (reason) expect(await tab.stats()).toMatchObject({ enabled: false, reason, originBytes: 0, peerBytes: 0 });
    await expectSound(tab);
  });

  it('a player that adds CMCD gets its segments from the loader, and the origin gets the CMCD', async () => {
    const asked = site.requests.length;
    const tab = await open('?cmcd');
    await tab.delivers(4);
    await expectSound(tab);
    const playlists = site.requests.slice(asked).filter(({ path }) => path.endsWith('.m3u8'));
    expect(playlists.some(({ url }) => url.includes('CMCD='))).toBe(true);
    expect((await tab.segments()).at(-1)?.url).toContain('CMCD=');
    expect((await tab.stats()).playlists).toBeGreaterThan(1);
  });

  it('a page that comes back from the back/forward cache, or anew, plays on', async () => {
    const withCache = await launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    try {
      const own = await workerContext(withCache);
      await own.addInitScript(() => {
        addEventListener('pageshow', (event) => {
          Object.assign(globalThis, { __persisted: (event as PageTransitionEvent).persisted });
        });
      });
      // Without connections, which keep a page out of that cache.
      const tab = await openTab(own, `${site.url}play.html?enabled=0`);
      const page = tab.frame.page();
      for (const query of ['?enabled=0', '']) {
        await page.goto(`${site.url}play.html${query}`);
        await (await playingTab(page)).playsOn(2);
        await page.goto(`${site.url}away.html`);
        await page.goBack({ waitUntil: 'commit' });
        const back = await playingTab(page);
        const persisted = await back.evaluate(() => (globalThis as { __persisted?: boolean }).__persisted);
        console.info(`back to play.html${query}: ${persisted ? 'from the cache' : 'loaded anew'}`);
        await back.playsOn(3);
        expect((await back.broken()).filter(({ fatal }) => fatal)).toEqual([]);
        expect(await wrongBytes(back, folders[0])).toEqual([]);
        if (query === '') await back.delivers(2);
      }
    } finally {
      await withCache.close();
    }
  });
});

import { jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { hasFfmpeg } from './support/media.js';
import { WorkerControl } from './support/worker-control.js';
import { shortSegments } from './support/worker-feeds.js';
import { WorkerSite } from './support/worker-site.js';
import { openTab, playingTab, type WorkerTab, workerContext, wrongBytes } from './support/worker-tab.js';

jest.setTimeout(120_000);

const STOPS = 3;

(hasFfmpeg ? describe : describe.skip)('a player behind the service worker', () => {
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

  /** It plays on, gave up nothing, and broke at most `limit` requests; every byte is the origin's. */
  async function expectSound(tab: WorkerTab, limit = 0): Promise<void> {
    await tab.playsOn(2);
    const broken = await tab.broken();
    expect(broken.filter(({ fatal }) => fatal)).toEqual([]);
    expect(broken.length).toBeLessThanOrEqual(limit);
    expect(tab.errors).toEqual([]);
    expect(await wrongBytes(tab, folder)).toEqual([]);
  }

  it('plays on when the browser stops the worker, with one broken request at most for each time', async () => {
    const tab = await openTab(context, `${site.url}play.html`);
    await tab.delivers(2);
    const control = await WorkerControl.of(tab.frame.page());
    for (let stop = 1; stop <= STOPS; stop++) {
      await control.stop();
      await tab.delivers(1);
    }
    await expectSound(tab, STOPS);
  });

  it('plays without the worker after a hard reload', async () => {
    const page = (await openTab(context, `${site.url}play.html`)).frame.page();
    const session = await context.newCDPSession(page);
    const loaded = page.waitForEvent('load');
    await session.send('Page.reload', { ignoreCache: true });
    await loaded;
    const tab = await playingTab(page);
    expect(await tab.controlled()).toBe(false);
    await expectSound(tab);
  });

  it('plays where the page has no loader', async () => {
    await expectSound(await openTab(context, `${site.url}play.html?loader=0`));
  });

  it('plays where the page never answers', async () => {
    const tab = await openTab(context, `${site.url}play.html?silent`);
    await expectSound(tab);
    expect((await tab.stats()).segments).toMatchObject({ fromPeers: 0, fromOrigin: 0 });
  });
});

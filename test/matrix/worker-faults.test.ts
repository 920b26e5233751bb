import { jest } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { VERSION } from '../../packages/sw-proxy/src/protocol.js';
import { hasFfmpeg } from '../browser/support/media.js';
import { shortSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import {
  type BrokenRequest,
  openTab,
  playingTab,
  type WorkerTab,
  workerContext,
  wrongBytes,
} from '../browser/support/worker-tab.js';

jest.setTimeout(150_000);

/** What broke, for the closing table. */
const table: string[] = [];

/** The built script with messages of a later version of the protocol. */
function ofNextVersion(script: string): string {
  const next = String(VERSION + 1);
  const written = script.replace(new RegExp(`(ns:\\w+,v:)${VERSION}\\b`, 'g'), (_, before) => before + next);
  const changed = written.replace(new RegExp(`\\b${VERSION}(===\\w+\\.v\\b)`, 'g'), (_, after) => next + after);
  if (written === script || changed === written) throw new Error('the version is not where it was');
  return changed;
}

(hasFfmpeg ? describe : describe.skip)('a player whose worker, page or network fails', () => {
  let folder: string;
  let site: WorkerSite;
  let browser: Browser;
  let context: BrowserContext;
  let scripts: [string, string][];

  beforeAll(async () => {
    folder = shortSegments(400);
    site = await WorkerSite.start({ folders: [folder] });
    scripts = [...site.files];
    browser = await launchBrowser();
  });

  beforeEach(async () => {
    for (const [path, text] of scripts) site.files.set(path, text);
    Object.assign(site, { latency: 0, breaks: 0 });
    context = await workerContext(browser);
  });

  afterEach(async () => {
    await context?.close();
  });

  afterAll(async () => {
    console.info(['broken requests:', ...table].join('\n'));
    await browser?.close();
    await site?.close();
  });

  const open = (query = ''): Promise<WorkerTab> => openTab(context, `${site.url}play.html${query}`);

  /** It plays on, gave up nothing, and broke at most `limit` requests; every byte is the origin's. */
  async function expectSound(what: string, tab: WorkerTab, limit = 0): Promise<void> {
    await tab.playsOn(4);
    const broken: BrokenRequest[] = await tab.broken();
    table.push(`${what}: ${broken.length}${broken.map(({ details }) => ` ${details}`)}`);
    expect(broken.filter(({ fatal }) => fatal)).toEqual([]);
    expect(broken.length).toBeLessThanOrEqual(limit);
    expect(tab.errors).toEqual([]);
    expect(await wrongBytes(tab, folder)).toEqual([]);
  }

  /** A browser changes workers when the old one has nothing to answer, which the next request may be too soon for. */
  const update = (tab: WorkerTab): Promise<void> =>
    tab.evaluate(async () => {
      const { hls } = globalThis as unknown as { hls: { stopLoad(): void; startLoad(): void } };
      const registration = await navigator.serviceWorker.getRegistration();
      const changed = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      );
      await registration?.update();
      hls.stopLoad();
      await changed;
      hls.startLoad();
    });

  it('a worker that is updated in play goes on asking the page', async () => {
    const tab = await open();
    await tab.delivers(2);
    site.files.set('/sw.js', `${site.files.get('/sw.js')}\n// next`);
    await update(tab);
    await tab.delivers(4);
    await expectSound('worker updated', tab);
  });

  it('an old page under a worker of the next version plays from the network', async () => {
    const tab = await open();
    await tab.delivers(2);
    site.files.set('/sw.js', ofNextVersion(site.files.get('/sw.js') as string));
    await update(tab);
    const asked = site.asked(/\.ts$/).length;
    await waitFor('segments from the network', () => site.asked(/\.ts$/).length > asked + 3);
    await expectSound('old page, new worker', tab);
  });

  it('a page of the next version under an old worker plays from the network', async () => {
    site.files.set('/p2p-loader.js', ofNextVersion(site.files.get('/p2p-loader.js') as string));
    const tab = await open();
    await expectSound('new page, old worker', tab);
    expect(await tab.stats()).toMatchObject({ playlists: 0 });
  });

  it('a site without swarm.js plays from the origin, verified, and says so', async () => {
    site.files.delete('/swarm.js');
    const tab = await open();
    await expectSound('no swarm.js', tab);
    expect(await tab.stats()).toMatchObject({ links: 0 });
    await waitFor('a warning', async () => (await tab.warnings()).length > 0);
    expect((await tab.warnings())[0]).toContain(`${site.url}swarm.js`);
  });

  it('a worker that is unregistered in play', async () => {
    const tab = await open();
    await tab.delivers(2);
    await tab.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.unregister()));
    await expectSound('worker unregistered', tab);
    await tab.frame.page().reload();
    await (await playingTab(tab.frame.page())).delivers(2);
  });

  it('a page that crashes in mid-answer does not disturb another tab of the stream', async () => {
    const tabs = [await open(), await open()] as const;
    await waitFor('a link', async () => (await tabs[1].stats()).links === 1);
    site.latency = 1_000;
    const page = tabs[0].frame.page();
    const session = await context.newCDPSession(page);
    await tabs[0].delivers(1);
    const asked = site.asked(/\.ts$/).length;
    await waitFor('an answer on its way', () => site.asked(/\.ts$/).length > asked, { interval: 10 });
    const crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    site.latency = 0;
    // The worker may have lived in the process that crashed: that is a stop.
    await tabs[1].delivers(4);
    await expectSound('another tab crashed', tabs[1], 1);
  });

  it('a page that never answers is not waited for again', async () => {
    const tab = await open('?silent');
    await expectSound('silent page', tab);
    expect((await tab.stats()).segments).toMatchObject({ fromPeers: 0, fromOrigin: 0 });
    expect((await tab.stats()).playlists).toBeGreaterThan(0);
  });

  it('a loader that is stopped and started in mid-answer leaves the rest to the network', async () => {
    const tab = await open();
    await tab.delivers(2);
    site.latency = 300;
    for (let stop = 0; stop < 5; stop++) {
      const asked = site.asked(/\.ts$/).length;
      await waitFor('an answer on its way', () => site.asked(/\.ts$/).length > asked, { interval: 10 });
      await tab.evaluate(async () => {
        const loader = globalThis.liveTorrent as unknown as { stop(): void; start(): Promise<void> };
        loader.stop();
        await loader.start();
      });
    }
    site.latency = 0;
    await tab.delivers(2);
    await expectSound('loader stopped 5 times', tab);
  });

  it("an origin's answer that breaks off is asked for again", async () => {
    const tab = await open();
    await tab.delivers(2);
    site.breaks = 3;
    await waitFor('broken answers', () => site.breaks === 0);
    await tab.delivers(3);
    await expectSound('3 answers of the origin broken off', tab, 3);
  });
});

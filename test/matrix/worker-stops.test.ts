import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { hasFfmpeg } from '../browser/support/media.js';
import { WorkerControl } from '../browser/support/worker-control.js';
import { shortSegments } from '../browser/support/worker-feeds.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import { openTab, type WorkerTab, workerContext, wrongBytes } from '../browser/support/worker-tab.js';

jest.setTimeout(240_000);

const STOPS = 20;
/** Longest wait between two stops, ms. */
const LONGEST = 2_500;

(hasFfmpeg ? describe : describe.skip)('a worker that the browser stops at 20 random moments', () => {
  let folder: string;
  let site: WorkerSite;
  let browser: Browser;
  let tabs: WorkerTab[];
  /** Requests that were broken by each stop, in each tab. */
  let broken: number[][];
  let restarts: number;
  let played: number[];

  beforeAll(async () => {
    folder = shortSegments(400);
    site = await WorkerSite.start({ folders: [folder] });
    // So that many stops hit an answer on its way.
    site.latency = 150;
    browser = await launchBrowser();
    const context = await workerContext(browser);
    tabs = [await openTab(context, `${site.url}play.html`), await openTab(context, `${site.url}play.html`)];
    for (const tab of tabs) await tab.delivers(3);
    const control = await WorkerControl.of((tabs[0] as WorkerTab).frame.page());
    const counts = () => Promise.all(tabs.map(async (tab) => (await tab.broken()).length));
    const times = () => Promise.all(tabs.map(async (tab) => (await tab.playback()).currentTime));
    const from = await times();
    const starts = control.starts;
    broken = [];
    for (let stop = 0; stop < STOPS; stop++) {
      const before = await counts();
      await control.stop();
      await sleep(500 + Math.random() * (LONGEST - 500));
      broken.push((await counts()).map((count, i) => count - (before[i] as number)));
    }
    restarts = control.starts - starts;
    const sum = broken.flat().reduce((all, count) => all + count, 0);
    console.info(`${STOPS} stops, ${restarts} restarts, ${sum} broken requests of ${tabs.length} players`);
    for (const tab of tabs) await tab.delivers(3);
    const to = await times();
    played = to.map((time, i) => time - (from[i] as number));
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('is started again by the next request', () => {
    expect(restarts).toBeGreaterThanOrEqual(STOPS - 5);
  });

  it('breaks at most one request of a player with each stop', () => {
    for (const counts of broken) for (const count of counts) expect(count).toBeLessThanOrEqual(1);
  });

  it('keeps no player from playing on', async () => {
    for (const time of played) expect(time).toBeGreaterThan((STOPS * LONGEST) / 1000 / 4);
    for (const tab of tabs) {
      await tab.playsOn(3);
      expect((await tab.broken()).filter(({ fatal }) => fatal)).toEqual([]);
      expect(tab.errors).toEqual([]);
    }
  });

  it("gives the players the very bytes of the origin's files", async () => {
    for (const tab of tabs) expect(await wrongBytes(tab, folder)).toEqual([]);
  });
});

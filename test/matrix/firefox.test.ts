import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser as Chromium } from 'playwright-core';
import type { Browser as Firefox } from 'puppeteer-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import type { LoaderStats } from '../../packages/p2p-loader/src/figures/stats.js';
import { allLinked } from '../browser/support/all-linked.js';
import { describeFirefox, FirefoxViewer, launchFirefox } from '../browser/support/firefox.js';
import { exchanged } from '../browser/support/firefox-exchange.js';
import { type Observation, observe, peerShare } from '../browser/support/observe.js';
import { alteredSegments } from '../browser/support/same-bytes.js';
import type { Viewer } from '../browser/support/viewer.js';
import { openViewer } from '../browser/support/viewer.js';

const feed = join(import.meta.dirname, '../../examples/feed');
const OBSERVED_MS = 60_000;
const SET_UP_MS = 120_000;
jest.setTimeout(OBSERVED_MS + SET_UP_MS);

/** Bytes over all meshes: in one of two viewers all may go one way, from who reloads the playlist first. */
const given = { toChromium: 0, toFirefox: 0 };

interface Mesh {
  readonly chromiums: number;
  readonly firefoxes: number;
  readonly worker: boolean;
  readonly privateBrowsing?: boolean;
}

const pathOf = (viewer: Viewer | FirefoxViewer) =>
  viewer.evaluate(() => document.getElementById('path')?.textContent ?? '');

/** Waits until it plays; on a slow machine the page may not have waited for the worker's first control of it. */
async function playing(viewer: Viewer | FirefoxViewer, worker: boolean): Promise<void> {
  await viewer.playing(60_000);
  if (!worker || (await pathOf(viewer)).includes('service worker')) return;
  await waitFor('control', () => viewer.evaluate(() => navigator.serviceWorker.controller?.state === 'activated'));
  await viewer.page.reload();
  await viewer.playing(60_000);
}

function itIsOneMesh({ chromiums, firefoxes, worker, privateBrowsing = false }: Mesh): void {
  let cli: Cli;
  let chromium: Chromium | undefined;
  let firefox: Firefox;
  const inChromium: Viewer[] = [];
  const inFirefox: FirefoxViewer[] = [];
  let viewers: (Viewer | FirefoxViewer)[];
  let observations: Observation[];
  let chromiumStats: LoaderStats[];
  let firefoxStats: LoaderStats[];

  beforeAll(async () => {
    cli = await Cli.start(['-f', feed, '-l']);
    const url = `${cli.url}?worker=${worker ? 1 : 0}`;
    if (chromiums > 0) chromium = await launchBrowser();
    firefox = await launchFirefox(privateBrowsing);
    for (let i = 0; i < Math.max(chromiums, firefoxes); i++) {
      if (chromium && i < chromiums) inChromium.push(await openViewer(chromium, url));
      if (i < firefoxes) inFirefox.push(await FirefoxViewer.open(firefox, url, privateBrowsing));
    }
    viewers = [...inChromium, ...inFirefox];
    for (const viewer of viewers) await playing(viewer, worker);
    await allLinked(viewers, { timeout: 60_000 });
    observations = await observe(viewers, OBSERVED_MS);
    chromiumStats = await Promise.all(inChromium.map((viewer) => viewer.stats()));
    firefoxStats = await Promise.all(inFirefox.map((viewer) => viewer.stats()));
  }, OBSERVED_MS + SET_UP_MS);

  afterAll(async () => {
    await firefox?.close();
    await chromium?.close();
    await cli?.stop();
  });

  it('plays on without a stall', () => {
    for (const { stalls, played } of observations) {
      expect(stalls).toEqual([]);
      expect(played).toBeGreaterThan((OBSERVED_MS / 1000) * 0.9);
    }
  });

  it(`plays ${worker ? 'through the service worker' : "by hls.js's loaders"}`, async () => {
    for (const viewer of viewers) {
      expect(await pathOf(viewer)).toContain(worker ? 'service worker' : 'hls.js');
    }
  });

  it('viewers get at least 35 % of their bytes from each other', () => {
    expect(peerShare(observations)).toBeGreaterThanOrEqual(0.35);
  });

  if (chromiums > 0) {
    it('what a browser gives the other takes, as both sides count it', () => {
      const toChromium = exchanged(chromiumStats, 'downloadedBytes', firefoxStats);
      const toFirefox = exchanged(firefoxStats, 'downloadedBytes', chromiumStats);
      expect(toChromium + toFirefox).toBeGreaterThan(0);
      expect(exchanged(firefoxStats, 'uploadedBytes', chromiumStats) > 0).toBe(toChromium > 0);
      expect(exchanged(chromiumStats, 'uploadedBytes', firefoxStats) > 0).toBe(toFirefox > 0);
      given.toChromium += toChromium;
      given.toFirefox += toFirefox;
    });
  }

  it("gives the player the very bytes of the feed's segments", async () => {
    for (const viewer of viewers) {
      const played = await viewer.segments();
      expect(played.length).toBeGreaterThan(OBSERVED_MS / 1000 / 4 / 2);
      expect(alteredSegments(played, feed)).toEqual([]);
    }
  });

  it('leaves the console free of errors', () => {
    expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
  });
}

describeFirefox('one viewer in Chromium and one in Firefox, with the worker', () => {
  itIsOneMesh({ chromiums: 1, firefoxes: 1, worker: true });
});

describeFirefox('one viewer in Chromium and one in Firefox, hls.js without worker', () => {
  itIsOneMesh({ chromiums: 1, firefoxes: 1, worker: false });
});

describeFirefox('two viewers in Chromium and two in Firefox, with the worker', () => {
  itIsOneMesh({ chromiums: 2, firefoxes: 2, worker: true });
});

describeFirefox('two viewers in Firefox, with the worker', () => {
  itIsOneMesh({ chromiums: 0, firefoxes: 2, worker: true });
});

describeFirefox("one viewer in Chromium and one in Firefox's private window, with the worker", () => {
  itIsOneMesh({ chromiums: 1, firefoxes: 1, worker: true, privateBrowsing: true });
});

describeFirefox('Chromium and Firefox, over all meshes', () => {
  it('give to each other', () => {
    expect(given.toChromium).toBeGreaterThan(0);
    expect(given.toFirefox).toBeGreaterThan(0);
  });
});

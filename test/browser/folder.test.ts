import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser, openViewer } from './support/browser.js';
import { Cli } from './support/cli.js';
import { hasFfmpeg, type LiveFeed, liveFfmpeg } from './support/media.js';
import { distinctBytes, type Observation, observe, peerShare } from './support/observe.js';
import { waitFor } from './support/poll.js';
import { wrongSegments } from './support/same-bytes.js';
import type { Viewer } from './support/viewer.js';

const OBSERVED_MS = 60_000;
jest.setTimeout(OBSERVED_MS + 60_000);

(hasFfmpeg ? describe : describe.skip)(
  'live-torrent -f on a folder that ffmpeg writes: two viewers, with the worker',
  () => {
    let feed: LiveFeed;
    let cli: Cli;
    let browser: Browser;
    let viewers: Viewer[] = [];
    let firstFrames: number[];
    let observations: Observation[];
    let bytesServed: number;

    beforeAll(async () => {
      const rendition = { name: 'live', width: 320, height: 180, kbps: 1000 };
      feed = await liveFfmpeg({ renditions: [rendition], segmentSeconds: 2 }, 4);
      cli = await Cli.start(['-f', join(feed.folder, 'live')]);
      browser = await launchBrowser();
      const first = await openViewer(browser, cli.url);
      const firstFrame = await first.playing();
      const second = await openViewer(browser, cli.url);
      firstFrames = [firstFrame, await second.playing()];
      viewers = [first, second];
      await waitFor('a link', async () => (await first.stats()).links === 1 && (await second.stats()).links === 1);
      const before = (await cli.stats()).segmentBytesServed;
      observations = await observe(viewers, OBSERVED_MS);
      bytesServed = (await cli.stats()).segmentBytesServed - before;
    });

    afterAll(async () => {
      await browser?.close();
      await cli?.stop();
      await feed?.stop();
    });

    it('shows the first frame within 3 s of loading', () => {
      for (const firstFrame of firstFrames) expect(firstFrame).toBeLessThanOrEqual(3_000);
    });

    it('plays through the service worker', async () => {
      for (const { page } of viewers) {
        expect(await page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
      }
    });

    it('plays on without a stall', () => {
      for (const { stalls, played } of observations) {
        expect(stalls).toEqual([]);
        expect(played).toBeGreaterThan((OBSERVED_MS / 1000) * 0.85);
      }
    });

    it('viewers get at least 40 % of their bytes from each other', () => {
      expect(peerShare(observations)).toBeGreaterThanOrEqual(0.4);
    });

    it('sends viewers at most 1.3 copies of each segment', () => {
      expect(bytesServed / distinctBytes(observations)).toBeLessThanOrEqual(1.3);
    });

    it("gives the player the very bytes of the folder's segments, in order", async () => {
      for (const viewer of viewers) {
        const played = await viewer.segments();
        expect(played.length).toBeGreaterThan(OBSERVED_MS / 1000 / 2);
        expect(wrongSegments(played, feed.folder)).toEqual([]);
      }
    });

    it('leaves the console free of errors', () => {
      expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
    });

    it('ends with 0 on SIGTERM', async () => {
      expect(await cli.stop()).toBe(0);
    });
  },
);

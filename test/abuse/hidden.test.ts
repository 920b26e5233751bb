import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import puppeteer from 'puppeteer-core';
import { chromiumCommand } from '../../harness/chromium.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { allLinked } from '../browser/support/all-linked.js';
import { FirefoxViewer } from '../browser/support/firefox.js';
import { hasFfmpeg, vodFeed } from '../browser/support/media.js';
import { HIDDEN_MINUTES, hiddenRow } from './rows/hidden.js';
import { Front } from './support/front.js';
import { report } from './support/report.js';
import type { Way } from './support/viewer-page.js';

/** After it, until the tab plays and exchanges bytes, ms. */
const WHOLE_MS = 60_000;
/** Timers of a page that nobody sees run at most once a second. */
const TICKS = 15;

jest.setTimeout((HIDDEN_MINUTES + 5) * 60_000);

/** Keep pages going that nobody sees, of the tests' own flags and of the driver's. */
const AWAKE = /background-timer|backgrounding/;

(hasFfmpeg ? describe : describe.skip)('a hidden tab', () => {
  it(`that is behind another one for ${HIDDEN_MINUTES} minutes comes back whole`, async () => {
    const closing: (() => unknown)[] = [];
    try {
      const rendition = { name: 'low', width: 160, height: 90, kbps: 150 };
      const feed = vodFeed({ renditions: [rendition], segmentSeconds: 1, seconds: 1_200, framesPerSecond: 10 });
      const folder = join(feed, 'low');
      const tracker = await startTracker();
      closing.push(() => tracker.close());
      const cli = await Cli.start(['-f', folder, '-l', '-s', 'false', '--announce', tracker.url]);
      closing.push(() => cli.stop());
      const { executablePath, args } = chromiumCommand();
      const browser = await puppeteer.launch({
        executablePath,
        args: args.filter((flag) => !AWAKE.test(flag)),
        ignoreDefaultArgs: puppeteer.defaultArgs().filter((flag) => AWAKE.test(flag)),
        pipe: true,
      });
      closing.push(() => browser.close());
      const open = async (way: Way): Promise<FirefoxViewer> => {
        const front = await Front.start(cli.url);
        closing.push(() => front.refuse());
        const viewer = await FirefoxViewer.open(browser, `${front.url}viewer.html?way=${way}`);
        await viewer.playing(60_000);
        return viewer;
      };
      const [plain, behind, seen] = [await open('plain'), await open('hls.js'), await open('hls.js')];
      const mesh = [behind, seen];
      const linked = (): Promise<void> =>
        allLinked(mesh, { timeout: WHOLE_MS }).catch(async (error: Error) => {
          throw new Error(
            `${error.message} ${JSON.stringify(await Promise.all(mesh.map((viewer) => viewer.stats())))}`,
          );
        });
      await linked();
      const before = await Promise.all(mesh.map((viewer) => viewer.playback()));
      const others = await Promise.all(
        [plain, behind].map(async ({ page }) => {
          const other = await page.browserContext().newPage();
          await other.bringToFront();
          return other;
        }),
      );
      const isHidden = ({ page }: FirefoxViewer): Promise<boolean> => page.evaluate(() => document.hidden);
      expect(await Promise.all([plain, behind, seen].map(isHidden))).toEqual([true, true, false]);
      const ticks = await behind.page.evaluate(async () => {
        let ticked = 0;
        const timer = setInterval(() => ticked++, 100);
        await new Promise((resolve) => setTimeout(resolve, 5_000));
        clearInterval(timer);
        return ticked;
      });
      expect(ticks).toBeLessThan(TICKS);
      await sleep(HIDDEN_MINUTES * 60_000);
      const hidden = await Promise.all([plain, behind].map((viewer) => viewer.playback()));
      const linksThen = (await behind.stats()).links;
      const exchanged = async (): Promise<number[]> =>
        Promise.all(
          mesh.map(async (viewer) => {
            const { peerBytes, uploadedBytes } = await viewer.stats();
            return peerBytes + uploadedBytes;
          }),
        );
      const over = Date.now();
      for (const other of others) await other.close();
      for (const { page } of [plain, behind]) await page.bringToFront();
      const [bytes, times] = [await exchanged(), await Promise.all([plain, behind].map((viewer) => viewer.playback()))];
      const playsAgain = async (viewer: FirefoxViewer, from = 0): Promise<boolean> =>
        (await viewer.playback()).currentTime > from + 0.5;
      await waitFor('play', () => playsAgain(behind, times[1]?.currentTime), { timeout: WHOLE_MS });
      const plays = (Date.now() - over) / 1_000;
      await linked();
      await waitFor('bytes between them', async () => (await exchanged()).every((now, i) => now > (bytes[i] ?? 0)), {
        timeout: WHOLE_MS,
      });
      const whole = (Date.now() - over) / 1_000;
      await waitFor('the plain player', () => playsAgain(plain, times[0]?.currentTime), { timeout: WHOLE_MS });
      await sleep(5_000);
      const ended = await Promise.all([plain, behind, seen].map((viewer) => viewer.playback()));
      const stalled = ended.map(({ stalls }) => stalls.reduce((sum, { duration }) => sum + duration / 1_000, 0));
      const wrong = await Promise.all(
        [plain, behind, seen].map(async (viewer) =>
          (await viewer.segments()).filter(({ url, sha256 }) => {
            const bytes = readFileSync(join(folder, basename(new URL(url).pathname)));
            return createHash('sha256').update(bytes).digest('hex') !== sha256;
          }),
        ),
      );
      const played = (n: number): string => ((hidden[n]?.currentTime ?? 0) - (before[1]?.currentTime ?? 0)).toFixed(0);
      report('browser', [
        hiddenRow.fault,
        hiddenRow.promised,
        `${stalled[0]?.toFixed(1)} / ${Math.max(...stalled.slice(1)).toFixed(1)}`,
        `${wrong[0]?.length} / ${wrong.slice(1).flat().length}`,
        '',
        whole.toFixed(1),
        `played ${played(1)} s behind it, the plain one ${played(0)} s; ${linksThen} link; plays on after ${plays.toFixed(1)} s`,
      ]);
      console.info(JSON.stringify({ hidden, ended, linksThen, plays, whole, stalled }));
      expect(wrong.flat()).toEqual([]);
      expect(stalled[1]).toBeLessThanOrEqual((stalled[0] ?? 0) + 1);
      expect(stalled[2]).toBeLessThanOrEqual(1);
      expect(
        [...behind.errors, ...seen.errors].filter((text) => !/Failed to load resource|WebSocket/.test(text)),
      ).toEqual([]);
    } finally {
      for (const close of closing.reverse()) await Promise.resolve(close()).catch(() => undefined);
    }
  });
});

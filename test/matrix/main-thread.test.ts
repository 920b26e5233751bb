import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import type { Origin } from '../../harness/origin.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { startDvrOrigin } from '../browser/support/dvr-origin.js';
import { type CpuProfile, causedByUs, type Stretch, stretchesOf } from '../browser/support/main-thread.js';
import { hasFfmpeg } from '../browser/support/media.js';

jest.setTimeout(180_000);

/** Segments of 2 s: five and a half hours. */
const WINDOW = 10_000;
const THROTTLING = 4;
const TRACED_MS = 20_000;

(hasFfmpeg ? describe : describe.skip)(
  'the main thread of a page that plays a live stream with a window of 10,000 segments',
  () => {
    let tracker: Awaited<ReturnType<typeof startTracker>>;
    let origin: Origin;
    let browsers: Browser[] = [];
    const seen = new Map<string, Stretch[]>();

    beforeAll(async () => {
      tracker = await startTracker();
    });
    afterEach(async () => {
      await Promise.all(browsers.map((browser) => browser.close()));
      browsers = [];
      await origin?.close();
    });
    afterAll(async () => {
      await tracker?.close();
    });

    const open = async (delivery: string) => {
      const browser = await launchBrowser();
      browsers.push(browser);
      const page = await browser.newPage();
      const go = () => page.goto(new URL(`/?delivery=${delivery}`, origin.url).href);
      const segments = () => page.evaluate(() => Number(document.body.dataset.segments ?? 0));
      return {
        page,
        go,
        plays: (count: number) => waitFor('segments', async () => (await segments()) >= count, { timeout: 60_000 }),
      };
    };

    /** Tasks from the navigation on, on a device that is slower; somebody else watches, too. */
    const trace = async (delivery: string): Promise<Stretch[]> => {
      origin = await startDvrOrigin(WINDOW, tracker.url);
      const other = await open(delivery);
      await other.go();
      await other.plays(3);
      const { page, go, plays } = await open(delivery);
      const session = await page.context().newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLING });
      await session.send('Profiler.enable');
      await session.send('Profiler.setSamplingInterval', { interval: 500 });
      await session.send('Profiler.start');
      await go();
      await new Promise((resolve) => setTimeout(resolve, TRACED_MS));
      const { profile } = (await session.send('Profiler.stop')) as { profile: CpuProfile };
      const tasks = stretchesOf(profile);
      await plays(4);
      seen.set(delivery, tasks);
      const long = tasks.filter(({ ms }) => ms > 50);
      const most = (of: (task: Stretch) => number): string => Math.max(0, ...tasks.map(of)).toFixed(0);
      console.info(
        `${delivery}: ${long.length} tasks over 50 ms, ${causedByUs(tasks).length} caused by us, the longest ${most(({ ms }) => ms)} ms; at most ${most(({ ours }) => ours)} ms of one are ours, ${most(({ ms, ours }) => ms - ours)} the player's`,
      );
      return tasks;
    };

    it('plain hls.js, for comparison', async () => {
      expect((await trace('plain')).some(({ ms }) => ms > 0)).toBe(true);
    });

    it.each(['hls', 'worker'])(
      '%s: no task is ours for longer than the player itself takes for a playlist',
      async (delivery) => {
        const plain = Math.max(...(seen.get('plain') ?? []).map(({ ms }) => ms));
        const ours = Math.max(...(await trace(delivery)).map((task) => task.ours));
        expect(ours).toBeGreaterThan(0);
        expect(ours).toBeLessThan(plain);
      },
    );
  },
);

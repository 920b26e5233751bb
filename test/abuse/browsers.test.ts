import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import puppeteer, { type Browser } from 'puppeteer-core';
import { chromiumCommand } from '../../harness/chromium.mjs';
import { RunningProgram } from '../../harness/running-program.mjs';
import { FirefoxViewer, hasFirefox, launchFirefox } from '../browser/support/firefox.js';
import { hasFfmpeg, vodFeed } from '../browser/support/media.js';
import type { WatchedPage } from '../browser/support/watched-page.js';
import { hasWebKit, WebKitViewer } from '../browser/support/webkit.js';
import { encode } from './night/encoder.js';
import { treeMemory } from './night/tree-memory.js';
import { Front } from './support/front.js';
import { report } from './support/report.js';
import { medianTrendOf } from './support/trend.js';
import type { Way } from './support/viewer-page.js';

/** How long it is watched, and how long before caches and the mesh have filled, minutes. */
const MINUTES = Number(process.env.NIGHT_MINUTES ?? 15);
const WARM_UP = Math.min(4, MINUTES / 4);
/** Those of the three that are wanted. */
const BROWSERS = (process.env.NIGHT_BROWSERS ?? 'chromium,firefox,webkit').split(',');
/** One comes and one goes so often, ms; so many are there at a time. */
const CHURN_MS = 2_000;
const GUESTS = 2;
const FEED = { duration: 500, window: 24, kept: 120 };
const SAMPLE_MS = 20_000;
/** What memory may rise by in an hour more than the plain player's, errors twice included, MiB. */
const RISE: readonly (readonly [RegExp, number])[] = [
  [/^heap/, 8],
  [/MiB$/, 120],
];
/**
 * How many come and go for each object of a kind that may stay. Objects go when the browser collects them, and are as many as links and segments are just
 * then: what is left behind shows in the fewest that there are at any time.
 */
const VIEWERS_AN_OBJECT = 10;
const SEGMENTS_AN_OBJECT = 40;

jest.setTimeout((MINUTES + 10) * 60_000);

/** Someone who stays. */
interface Stayer {
  readonly browser: string;
  readonly way: Way;
  readonly page: WatchedPage;
  /** The process that has started all others of its browser. */
  readonly pid: number;
  /** What is in the heap when its garbage is gone, MiB; undefined where no protocol tells. */
  readonly heap: () => Promise<number | undefined>;
  readonly samples: (readonly [minute: number, held: Readonly<Record<string, number>>])[];
}

async function launchChromium(): Promise<Browser> {
  return puppeteer.launch({ ...chromiumCommand(), pipe: true, networkEnabled: false, issuesEnabled: false });
}

async function heapOf({ page }: FirefoxViewer): Promise<number> {
  const session = await page.createCDPSession();
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 2 ** 20;
}

/** Makes garbage until the browser collects it, at most so often: one that no protocol tells to leaves a page's for minutes. */
async function collected(): Promise<void> {
  const garbage = new WeakRef({});
  for (let i = 0; i < 300 && garbage.deref() !== undefined; i++) {
    new ArrayBuffer(2 ** 24);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a page holds. */
async function heldBy({ page, pid, way, heap }: Stayer): Promise<Record<string, number>> {
  const used = await heap();
  if (used === undefined) await page.evaluate(collected);
  const counted = await page.evaluate(() => {
    // What the test itself remembers is not the page's.
    globalThis.__probes.segments.splice(0);
    globalThis.__probes.peerConnections.splice(0);
    return { ...globalThis.__counted(), elements: { alive: document.querySelectorAll('*').length, open: 0 } };
  });
  const of = await (way === 'plain' ? undefined : page.stats());
  return {
    ...(used === undefined ? {} : { 'heap, MiB': used }),
    'memory of the browser, MiB': treeMemory(pid),
    ...Object.fromEntries(
      Object.entries(counted).flatMap(([name, { alive, open }]) => [
        [name, alive],
        ...(/^RTC|WebSocket/.test(name) ? [[`${name}, open`, open] as const] : []),
      ]),
    ),
    ...(of && { links: of.links, torrents: of.torrents, 'segments’ bytes, MiB': of.cachedBytes / 2 ** 20 }),
  };
}

(hasFfmpeg ? describe : describe.skip)('a night in browsers', () => {
  it(`of segments of ${FEED.duration / 1_000} s, and of viewers of whom one comes and one goes every ${CHURN_MS / 1_000} s`, async () => {
    const closing: (() => unknown)[] = [];
    const rendition = { name: 'low', width: 160, height: 90, kbps: 150 };
    const feed = vodFeed({
      renditions: [rendition],
      segmentSeconds: FEED.duration / 1_000,
      seconds: 60 * (MINUTES + 5),
      framesPerSecond: 10,
    });
    const stayers: Stayer[] = [];
    try {
      const folder = mkdtempSync(join(tmpdir(), 'live-torrent-night-'));
      closing.push(() => rmSync(folder, { recursive: true, force: true }));
      const names = readdirSync(join(feed, 'low'))
        .filter((name) => name.endsWith('.ts'))
        .sort();
      const bytes = (n: number): Buffer => readFileSync(join(feed, 'low', names[n % names.length] ?? ''));
      closing.push(encode(folder, { ...FEED, bytes }));
      const origin = new RunningProgram(process.execPath, [
        join(import.meta.dirname, 'night/express-origin.mjs'),
        folder,
        'named',
      ]);
      closing.push(() => origin.stop());
      const port = await origin.until('Express', (output) => /^\d+(?=\n)/.exec(output)?.[0]);
      const front = await Front.start(`http://127.0.0.1:${port}/`);
      closing.push(() => front.refuse());
      const urlOf = (way: Way): string => `${front.url}counted.html?way=${way}`;
      const stay = async (name: string, way: Way, launch: () => Promise<Browser>): Promise<void> => {
        const browser = await launch();
        closing.push(() => browser.close());
        const page = await FirefoxViewer.open(browser, urlOf(way));
        await page.playing(60_000);
        const heap = async () => (name === 'Chromium' ? heapOf(page) : undefined);
        stayers.push({ browser: name, way, page, pid: browser.process()?.pid ?? 0, heap, samples: [] });
      };
      for (const way of ['hls.js', 'plain'] as const) {
        if (BROWSERS.includes('chromium')) await stay('Chromium', way, launchChromium);
        if (BROWSERS.includes('firefox') && hasFirefox) await stay('Firefox', way, launchFirefox);
        if (!BROWSERS.includes('webkit') || !hasWebKit) continue;
        const page = await WebKitViewer.open(urlOf(way));
        closing.push(() => page.close());
        await page.playing(60_000);
        stayers.push({ browser: 'WebKit', way, page, pid: page.pid, heap: async () => undefined, samples: [] });
      }
      const passing = await launchChromium();
      closing.push(() => passing.close());
      const begun = Date.now();
      const minute = (): number => (Date.now() - begun) / 60_000;
      const guests: { close(): Promise<void> }[] = [];
      let joins = 0;
      const churn = async (): Promise<void> => {
        while (minute() < MINUTES) {
          const next = sleep(CHURN_MS);
          const context = await passing.createBrowserContext();
          guests.push(context);
          await (await context.newPage()).goto(`${front.url}viewer.html?way=hls.js`);
          joins += 1;
          if (guests.length > GUESTS) await guests.shift()?.close();
          await next;
        }
      };
      const watch = async (): Promise<void> => {
        while (minute() < MINUTES) {
          await sleep(SAMPLE_MS);
          for (const stayer of stayers) {
            const held = await heldBy(stayer);
            if (minute() > WARM_UP) stayer.samples.push([minute(), held]);
            if (process.env.NIGHT_VERBOSE)
              console.info(minute().toFixed(1), stayer.browser, stayer.way, JSON.stringify(held));
          }
        }
      };
      await Promise.all([churn(), watch()]);
      const broken: string[] = [];
      for (const { browser, samples, page } of stayers.filter((each) => each.way !== 'plain')) {
        const plain = stayers.find((each) => each.browser === browser && each.way === 'plain');
        const [, first = {}] = samples[0] ?? [];
        for (const figure of Object.keys(first)) {
          const pointsOf = (of: Stayer['samples']) => of.map(([at, held]) => [at / 60, held[figure] ?? 0] as const);
          const points = pointsOf(samples);
          const ours = medianTrendOf(points);
          const beside = plain && medianTrendOf(pointsOf(plain.samples));
          const digits = figure.endsWith('MiB') ? 1 : 0;
          const third = Math.ceil(points.length / 3);
          const lowest = (of: typeof points): number => Math.min(...of.map(([, value]) => value));
          const [before, after] = [lowest(points.slice(0, third)), lowest(points.slice(-third))];
          const show = ({ slope, error }: typeof ours): string => `${slope.toFixed(digits)} ± ${error.toFixed(digits)}`;
          const cells = [before.toFixed(digits), after.toFixed(digits), show(ours), beside ? show(beside) : ''];
          report('browsers', [`${browser}: ${figure}`, ...cells]);
          const [, rise] = RISE.find(([pattern]) => pattern.test(figure)) ?? [];
          const more = ours.slope - Math.max(0, beside?.slope ?? 0) + 2 * Math.hypot(ours.error, beside?.error ?? 0);
          const left = joins / VIEWERS_AN_OBJECT + (60_000 * MINUTES) / FEED.duration / SEGMENTS_AN_OBJECT;
          const isFlat = rise === undefined ? after - before <= left : more <= rise;
          if (!isFlat) broken.push(`${browser}: ${figure} | ${cells.join(' | ')}`);
        }
        const { stalls } = await page.playback();
        const { stalls: plains = [] } = (await plain?.page.playback()) ?? {};
        const sum = (of: typeof stalls): string =>
          (of.reduce((all, { duration }) => all + duration, 0) / 1_000).toFixed(1);
        report('browsers', [`${browser}: stood still, s`, '', sum(stalls), '', sum(plains)]);
      }
      console.info(`${joins} joins in ${MINUTES} minutes`);
      expect(broken).toEqual([]);
    } finally {
      for (const close of closing.reverse()) await Promise.resolve(close()).catch(() => undefined);
    }
  });
});

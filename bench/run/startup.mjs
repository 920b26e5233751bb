// @ts-check
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { median, percentile } from '../../harness/statistics.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { startOrigin } from '../play/origin.mjs';
import { writeResult } from '../report/results.mjs';
import { renditionFor } from './compare.mjs';
import { schedule } from './plan.mjs';

/** What one load takes with what goes before and after it, ms: it tells how long the feed must be. */
const LOAD_MS = 2_500;
/** Between the end of one load and the next, ms: what closing a page leaves to do is done by then. */
const REST_MS = 700;
/** From the last background viewer's join to the first load, ms. */
const SETTLE_MS = 8_000;

/**
 * `--startup`: pages that open one after the other, each delivery in turn, in one browser beside the same background viewers; so what else the
 * machine does meets all deliveries alike.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} a Markdown table
 */
export async function startup(options) {
  const { given, name, segmentSeconds, window } = options;
  const deliveries = given('deliveries') ? options.deliveries : ['plain', 'forward', 'hls', 'worker'];
  const background = given('viewers') ? /** @type {number} */ (options.viewers[0]) : 2;
  const rounds = given('repeat') ? options.repeat : 30;
  const turns = schedule({ repeat: rounds, viewers: [background], deliveries });
  const rendition = await renditionFor(options, (turns.length * 2 * LOAD_MS + SETTLE_MS) / 1000);
  const browser = await startBrowser();
  const tracker = await startTracker();
  const origin = await startOrigin({ renditions: [rendition], segmentSeconds, window, announce: tracker.url });
  const url = (/** @type {string} */ delivery) =>
    `${origin.url}/watch?delivery=${delivery}&announce=${encodeURIComponent(tracker.url)}`;
  /** @type {{ delivery: string, visit: 'first' | 'next', firstFrame: number, loaded: number }[]} */
  const loads = [];
  try {
    for (let i = 0; i < background; i++) await browser.join(url('hls'));
    await sleep(SETTLE_MS);
    for (const [i, { round, delivery }] of turns.entries()) {
      const viewer = await browser.join(url(delivery));
      loads.push({ delivery, visit: 'first', ...(await shown(viewer.page)) });
      await sleep(REST_MS);
      await viewer.page.goto(url(delivery));
      loads.push({ delivery, visit: 'next', ...(await shown(viewer.page)) });
      await viewer.close();
      await sleep(REST_MS);
      if ((i + 1) % deliveries.length === 0) console.error(`round ${round} of ${rounds}`);
    }
  } finally {
    await browser.close();
    await origin.close();
    await tracker.close();
  }
  writeResult(`${name}.json`, { background, rounds, cores: cpus().length, chromium: browser.version, loads });
  return startupTable(loads, deliveries);
}

/** @param {import('puppeteer-core').Page} page */
async function shown(page) {
  await page.waitForFunction(() => globalThis.bench?.firstFrame, { timeout: 20_000 });
  return page.evaluate(() => {
    const { firstFrame = Number.NaN, loaded = Number.NaN } = globalThis.bench;
    return { firstFrame, loaded };
  });
}

/**
 * @param {{ delivery: string, visit: string, firstFrame: number, loaded: number }[]} loads
 * @param {string[]} deliveries
 */
export function startupTable(loads, deliveries) {
  const of = (/** @type {string} */ delivery, /** @type {string} */ visit) =>
    loads.filter((load) => load.delivery === delivery && load.visit === visit);
  const rows = ['first', 'next'].flatMap((visit) => {
    const plain = median(of('plain', visit).map(({ firstFrame }) => firstFrame));
    return deliveries.map((delivery) => {
      const own = of(delivery, visit);
      const frames = own.map(({ firstFrame }) => firstFrame);
      const quarter = (/** @type {number} */ part) => percentile(frames, part).toFixed(0);
      return `| ${[
        visit,
        delivery,
        `${median(frames).toFixed(0)} ms`,
        `${quarter(0.25)} – ${quarter(0.75)} ms`,
        (median(frames) / plain).toFixed(2),
        `${median(own.map(({ loaded }) => loaded)).toFixed(0)} ms`,
      ].join(' | ')} |`;
    });
  });
  return [
    '| visit | delivery | first frame, median | half of all | over plain | scripts loaded |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

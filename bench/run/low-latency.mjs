// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { joined, makeLowLatencyFeed } from '../../harness/low-latency-feed.mjs';
import { startLowLatencyOrigin } from '../../harness/low-latency-origin.mjs';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { median, sum } from '../../harness/statistics.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { pageAt } from '../play/origin.mjs';
import { writeResult } from '../report/results.mjs';
import { schedule } from './plan.mjs';

const SHAPE = { segmentSeconds: 4, partsPerSegment: 8, bitsPerSecond: 1_000_000 };
const JOIN_MS = 1_000;
const STEADY_MS = 15_000;
/** Between two looks at how far a viewer is behind, ms. */
const LOOK_MS = 500;

/**
 * @typedef {{ stalls: number, latencies: number[], peerBytes: number, originBytes: number }} Watched
 * @typedef {Awaited<ReturnType<typeof run>> & { delivery: string, viewers: number, round: number }} LowLatencyRun
 */

/**
 * `--low-latency`: viewers of a Low-Latency stream, whose playlists the middleware annotates.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} a Markdown table
 */
export async function lowLatency(options) {
  const { given, name, seconds, repeat, segmentBytes } = options;
  const shape = given('segment-bytes') ? { ...SHAPE, bitsPerSecond: (8 * segmentBytes) / SHAPE.segmentSeconds } : SHAPE;
  const deliveries = given('deliveries') ? options.deliveries : ['plain', 'hls', 'worker'];
  const viewers = given('viewers') ? options.viewers : [4, 8];
  const longest = (Math.max(...viewers) * JOIN_MS + STEADY_MS) / 1000 + seconds + 90;
  const feed = await makeLowLatencyFeed({ ...shape, seconds: Math.ceil(longest / 60) * 60 });
  /** @type {LowLatencyRun[]} */
  const runs = [];
  for (const turn of schedule({ repeat, viewers, deliveries })) {
    const result = { ...turn, ...(await run(feed, turn.delivery, turn.viewers, seconds, options.latencyMs)) };
    console.error(`${turn.delivery} ${turn.viewers}: ${JSON.stringify({ ...result, watched: undefined })}`);
    runs.push(result);
  }
  writeResult(`${name}.json`, { shape, seconds, runs });
  return lowLatencyTable(runs);
}

/**
 * @param {import('../../harness/low-latency-feed.mjs').LowLatencyFeed} feed
 * @param {string} delivery @param {number} count @param {number} seconds @param {number} latencyMs
 */
async function run(feed, delivery, count, seconds, latencyMs) {
  const tracker = await startTracker();
  const annotate = magnetizer({
    announce: [tracker.url],
    parts: true,
    readSegment: async ({ url }) => {
      const [, msn = '', part] = /-(\d+)(?:\.(\d+))?\.m4s/.exec(url) ?? [];
      const parts = feed.segments[Number(msn)] ?? [];
      return part === undefined ? joined(parts) : (parts[Number(part)]?.bytes ?? new Uint8Array());
    },
  });
  const origin = await startLowLatencyOrigin({
    renditions: [feed],
    latencyMs,
    ...(delivery === 'plain' ? {} : { annotate }),
    decorate: ({ url = '' }, response) => {
      const page = pageAt(new URL(url, 'http://origin').pathname);
      if (!page) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': page.type, 'cache-control': page.caching }).end(page.bytes);
    },
  });
  const browser = await startBrowser();
  try {
    const pages = [];
    for (let i = 0; i < count; i++) {
      pages.push((await browser.join(`${origin.url}/watch?delivery=${delivery}`)).page);
      await sleep(JOIN_MS);
    }
    await sleep(STEADY_MS);
    const before = await Promise.all(pages.map((page) => read(page)));
    const cpuBefore = await browser.processes();
    const edgeBefore = origin.edge();
    const playlistBytes = origin.playlistBytes();
    const requests = new Map([...origin.served].map(([key, { requests: n }]) => [key, n]));
    await sleep(seconds * 1000);
    const after = await Promise.all(pages.map((page) => read(page)));
    const cpu =
      sum((await browser.processes()).map(({ cpuSeconds }) => cpuSeconds)) -
      sum(cpuBefore.map(({ cpuSeconds }) => cpuSeconds));
    // Those that were new then, and not so new that they may be under way.
    const parts = Array.from({ length: origin.edge() - 4 - edgeBefore }, (_, i) => edgeBefore + i);
    const asked = parts.map((part) => {
      const key = `/part-${Math.floor(part / feed.partsPerSegment)}.${part % feed.partsPerSegment}.m4s`;
      return (origin.served.get(key)?.requests ?? 0) - (requests.get(key) ?? 0);
    });
    const mediaBytes = sum(
      parts.map(
        (part) =>
          feed.segments[Math.floor(part / feed.partsPerSegment)]?.[part % feed.partsPerSegment]?.bytes.length ?? 0,
      ),
    );
    const grown = (/** @type {'peerBytes' | 'originBytes' | 'stalls'} */ of) =>
      sum(after.map((watched, i) => watched[of] - (before[i]?.[of] ?? 0)));
    const [peers, origins] = [grown('peerBytes'), grown('originBytes')];
    return {
      latency: median(after.flatMap(({ latencies }, i) => latencies.slice(before[i]?.latencies.length))),
      stalls: grown('stalls'),
      share: peers / Math.max(1, peers + origins),
      copies: sum(asked) / parts.length,
      cpu: cpu / seconds / count,
      playlists: (origin.playlistBytes() - playlistBytes) / count / mediaBytes,
      errors: after.flatMap(({ errors }) => errors).slice(0, 5),
    };
  } finally {
    await browser.close();
    await origin.close();
    await tracker.close();
  }
}

/** What a page has recorded; from the first look on it notes how far it is behind. @param {import('puppeteer-core').Page} page */
const read = (page) =>
  page.evaluate((every) => {
    const { bench, hls } = globalThis;
    if (!bench.latencies) {
      /** @type {number[]} */
      const latencies = [];
      bench.latencies = latencies;
      setInterval(() => hls.playingDate && latencies.push((Date.now() - hls.playingDate.getTime()) / 1000), every);
    }
    const { peerBytes, originBytes } = bench.stats();
    return { stalls: bench.stalls, latencies: [...bench.latencies], errors: bench.errors, peerBytes, originBytes };
  }, LOOK_MS);

/** @param {readonly Omit<LowLatencyRun, 'errors'>[]} runs */
export function lowLatencyTable(runs) {
  const groups = [...new Set(runs.map(({ viewers }) => viewers))].flatMap((viewers) =>
    [...new Set(runs.map(({ delivery }) => delivery))].map((delivery) => ({ viewers, delivery })),
  );
  const rows = groups.map(({ viewers, delivery }) => {
    const of = (
      /** @type {string} */ wanted,
      /** @type {'latency' | 'stalls' | 'share' | 'copies' | 'cpu' | 'playlists'} */ figure,
    ) => median(runs.filter((one) => one.viewers === viewers && one.delivery === wanted).map((one) => one[figure]));
    const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
    return `| ${[
      viewers,
      delivery,
      `${of(delivery, 'latency').toFixed(2)} s`,
      of(delivery, 'stalls').toFixed(0),
      percent(of(delivery, 'share')),
      of(delivery, 'copies').toFixed(2),
      (of(delivery, 'cpu') / of('plain', 'cpu')).toFixed(2),
      percent(of(delivery, 'playlists')),
    ].join(' | ')} |`;
  });
  return [
    '| viewers | delivery | latency | stalls | from peers | copies of a part | CPU over plain | playlists over media |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

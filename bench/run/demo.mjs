// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cli } from '../../harness/cli.mjs';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { readScripts, root, sendFile } from '../../harness/page-files.mjs';
import { serve } from '../../harness/serve.mjs';
import { median, percentile, sum } from '../../harness/statistics.mjs';

/** Until a page has settled, ms. */
const SETTLE_MS = 12_000;
/** Between two pages that open in turn, ms. */
const REST_MS = 700;

/** A page with nothing but a video of the demo page's size; `script` plays `source` in `video`. */
const page = (/** @type {string} */ script) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body{margin:0;background:#f3f5f8}video{display:block;margin:60px 24px;width:790px;aspect-ratio:16/9;background:#000}</style>
<video id="player" muted autoplay playsinline controls></video>
<script type="module">${script}</script>`;

const PLAY = `hls.loadSource(new URLSearchParams(location.search).get('source'));hls.attachMedia(document.getElementById('player'));`;
const WITH_LOADER = `import Hls from '/hls.js';import { createP2PLoader } from '/p2p-loader.js';
const loader = createP2PLoader({ iceServers: [] });loader.attachMedia(document.getElementById('player'));await loader.start();
const hls = new Hls({ liveSyncDurationCount: 3, backBufferLength: 30, ...loader.hlsConfig() });${PLAY}`;

const PAGES = {
  bare: page(
    `import Hls from '/hls.js';const hls = new Hls({ liveSyncDurationCount: 3, backBufferLength: 30 });${PLAY}`,
  ),
  loader: page(WITH_LOADER),
  overlay: page(`${WITH_LOADER}const { showOverlay } = await import('/overlay.js');showOverlay(loader);`),
};

/** What is compared, the second with the first. @type {[title: string, first: string, second: string][]} */
const PAIRS = [
  ['the demo page beside a page with a video of the same size alone', 'bare', 'demo'],
  ['the overlay beside the same page without it', 'loader', 'overlay'],
];

/**
 * `--demo`: the demo page, and the overlay, each beside a page without: processor time, both at the same time, and the first frame, in turn.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} Markdown tables
 */
export async function demo(options) {
  const { given, seconds } = options;
  const viewers = given('viewers') ? /** @type {number} */ (options.viewers[0]) : 3;
  const rounds = given('repeat') ? options.repeat : 15;
  const cli = await Cli.start(['-f', join(root, 'examples/feed'), '-l']);
  const files = readScripts().set(
    '/overlay.js',
    readFileSync(join(root, 'packages/p2p-loader/dist/overlay.js'), 'utf8'),
  );
  for (const [name, text] of Object.entries(PAGES)) files.set(`/${name}`, text);
  const site = await serve((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const file = files.get(pathname);
    if (file === undefined) response.writeHead(404).end();
    else sendFile(response, pathname, file);
  });
  const urlOf = (/** @type {string} */ name) =>
    name === 'demo' ? cli.url : `${site.url}${name}?source=${cli.url}manifest.m3u8`;
  try {
    await sleep(5_000);
    const tables = [];
    for (const [title, ...names] of PAIRS) {
      const cores = await Promise.all(names.map((name) => processorTime(urlOf(name), viewers, seconds)));
      const frames = await firstFrames(new Map(names.map((name) => [name, urlOf(name)])), rounds);
      tables.push(`${title}:\n\n${table(names, cores, frames)}`);
    }
    return tables.join('\n\n');
  } finally {
    await Promise.all([cli.stop(), site.close()]);
  }
}

/**
 * @param {string[]} names
 * @param {number[]} cores
 * @param {Map<string, number[]>[]} frames of the first and the next visit, ms
 */
function table(names, cores, frames) {
  const over = (/** @type {number} */ value, /** @type {number} */ first) => (value / first).toFixed(2);
  const rows = names.map((name, i) => {
    const visits = frames.flatMap((visit) => {
      const [own, first] = [visit.get(name) ?? [], visit.get(names[0] ?? '') ?? []];
      const [from, to] = [0.25, 0.75].map((part) => percentile(own, part).toFixed(0));
      return [`${median(own).toFixed(0)} ms (${from} – ${to})`, over(median(own), median(first))];
    });
    const core = cores[i] ?? Number.NaN;
    return `| ${[name, core.toFixed(3), over(core, cores[0] ?? Number.NaN), ...visits].join(' | ')} |`;
  });
  return [
    '| page | CPU per viewer, cores | ratio | first frame, first visit | ratio | next visit | ratio |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** @param {string} url @param {number} viewers @param {number} seconds */
async function processorTime(url, viewers, seconds) {
  const browser = await startBrowser();
  try {
    for (let i = 0; i < viewers; i++) await browser.join(url);
    await sleep(SETTLE_MS);
    const used = async () => sum((await browser.processes()).map(({ cpuSeconds }) => cpuSeconds));
    const before = await used();
    await sleep(seconds * 1000);
    return ((await used()) - before) / seconds / viewers;
  } finally {
    await browser.close();
  }
}

/** @param {Map<string, string>} pages @param {number} rounds @returns of the first and the next visit, ms by page */
async function firstFrames(pages, rounds) {
  /** @type {Map<string, number[]>[]} */
  const visits = [new Map(), new Map()];
  const browser = await startBrowser();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, url] of pages) {
        const viewer = await browser.join(url, watchFrames);
        for (const [visit, times] of visits.entries()) {
          if (visit > 0) await viewer.page.goto(url);
          await viewer.page.waitForFunction(() => globalThis.firstFrame, { timeout: 30_000 });
          const frame = await viewer.page.evaluate(() => globalThis.firstFrame ?? Number.NaN);
          times.set(name, [...(times.get(name) ?? []), frame]);
          await sleep(REST_MS);
        }
        await viewer.close();
      }
    }
  } finally {
    await browser.close();
  }
  return visits;
}

/** Runs in the page before its scripts. */
function watchFrames() {
  document.addEventListener('DOMContentLoaded', () => {
    document.querySelector('video')?.requestVideoFrameCallback((now) => {
      globalThis.firstFrame = now;
    });
  });
}

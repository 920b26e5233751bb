// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../play/viewers.mjs';
import { median, percentile, sum } from '../report/statistics.mjs';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
/** Until a page has settled, ms. */
const SETTLE_MS = 12_000;
/** Between two pages that open in turn, ms. */
const REST_MS = 700;

/** A page with nothing but a video of the demo page's size, played by hls.js. */
const BARE = `<!doctype html><meta charset="utf-8"><title>bare</title><link rel="icon" href="data:,">
<style>body{margin:0;background:#f3f5f8}video{display:block;margin:60px 24px;width:790px;aspect-ratio:16/9;background:#000}</style>
<video id="player" muted autoplay playsinline controls></video>
<script type="module">import Hls from '/hls.js';const hls = new Hls({ liveSyncDurationCount: 3, backBufferLength: 30 });
hls.loadSource(new URLSearchParams(location.search).get('source'));hls.attachMedia(document.getElementById('player'));</script>`;

/**
 * `--demo`: the demo page beside a page with a video of the same size alone: processor time, both at the same time, and the first frame, in turn.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} a Markdown table
 */
export async function demo(options) {
  const { given, seconds } = options;
  const viewers = given('viewers') ? /** @type {number} */ (options.viewers[0]) : 3;
  const rounds = given('repeat') ? options.repeat : 15;
  const cli = spawn(
    process.execPath,
    [at('../../packages/cli/dist/bin.js'), '-f', at('../../examples/feed'), '-l', '-p', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const server = createServer((request, response) => {
    const script = request.url === '/hls.js';
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? readFileSync(at('../../node_modules/hls.js/dist/hls.min.mjs')) : BARE);
  });
  try {
    const url = await urlOf(cli.stdout);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const pages = { bare: `http://127.0.0.1:${port}/?source=${url}manifest.m3u8`, demo: url };
    await sleep(5_000);
    const cores = await Promise.all(Object.values(pages).map((page) => processorTime(page, viewers, seconds)));
    const frames = await firstFrames(pages, rounds);
    const rows = Object.keys(pages).map((name, i) => {
      const [first, next] = frames.map((visit) => visit.get(name) ?? []);
      const quarters = (/** @type {number[]} */ values) =>
        `${median(values).toFixed(0)} ms (${percentile(values, 0.25).toFixed(0)} – ${percentile(values, 0.75).toFixed(0)})`;
      return `| ${[name, cores[i]?.toFixed(3), ((cores[i] ?? 0) / (cores[0] ?? 0)).toFixed(2), quarters(first ?? []), quarters(next ?? [])].join(' | ')} |`;
    });
    return [
      '| page | CPU per viewer, cores | over bare | first frame, first visit | next visit |',
      '| --- | ---: | ---: | ---: | ---: |',
      ...rows,
    ].join('\n');
  } finally {
    cli.kill();
    server.close();
    server.closeAllConnections();
  }
}

/** @param {import('node:stream').Readable} output of the command line @returns {Promise<string>} the page's URL */
async function urlOf(output) {
  let text = '';
  for await (const chunk of output) {
    text += chunk;
    const url = /^watch\s+(\S+)$/m.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the command line ended before it served');
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

/** @param {Record<string, string>} pages @param {number} rounds @returns of the first and the next visit, ms by page */
async function firstFrames(pages, rounds) {
  const visits = [new Map(), new Map()];
  const browser = await startBrowser();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, url] of Object.entries(pages)) {
        const viewer = await browser.join(url, watchFrames);
        for (const [visit, times] of visits.entries()) {
          if (visit > 0) await viewer.page.goto(url);
          await viewer.page.waitForFunction(() => globalThis.firstFrame, { timeout: 30_000 });
          const frame = await viewer.page.evaluate(() => globalThis.firstFrame);
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

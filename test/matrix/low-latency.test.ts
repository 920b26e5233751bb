import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { joined, type LowLatencyFeed, makeLowLatencyFeed } from '../../harness/low-latency-feed.mjs';
import { startLowLatencyOrigin } from '../../harness/low-latency-origin.mjs';
import { waitFor } from '../../harness/poll.mjs';
import type { P2PLoader } from '../../packages/p2p-loader/src/index.js';
import { allLinked } from '../browser/support/all-linked.js';
import { hasFfmpeg } from '../browser/support/media.js';
import { type Observation, observe, peerShare } from '../browser/support/observe.js';
import type { Viewer } from '../browser/support/viewer.js';
import { openViewer } from '../browser/support/viewer.js';

const OBSERVED_MS = 24_000;
jest.setTimeout(120_000);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

(hasFfmpeg ? describe : describe.skip)('live-torrent -u on a Low-Latency stream, in Chromium', () => {
  let feed: LowLatencyFeed;
  let origin: Awaited<ReturnType<typeof startLowLatencyOrigin>>;
  let cli: Cli;
  let browser: Browser;
  const seen: { worker: boolean; observation: Observation; behind: number; errors: string[] }[] = [];

  beforeAll(async () => {
    feed = await makeLowLatencyFeed({ seconds: 240, segmentSeconds: 4, partsPerSegment: 4, bitsPerSecond: 500_000 });
    origin = await startLowLatencyOrigin({ renditions: [feed], window: 10 });
    cli = await Cli.start(['-u', `${origin.url}/0/live.m3u8`]);
    browser = await launchBrowser();
    for (const worker of [false, true]) {
      const viewer: Viewer = await openViewer(browser, `${cli.url}?worker=${worker ? 1 : 0}`);
      await viewer.playing(30_000);
      const [observation] = await observe([viewer], OBSERVED_MS);
      const behind = await viewer.evaluate(() => (globalThis as unknown as { hls: { latency: number } }).hls.latency);
      seen.push({ worker, observation: observation as Observation, behind, errors: viewer.errors });
      await viewer.close();
    }
  });

  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
    await origin?.close();
  });

  it('plays on without a stall, with the worker and without', () => {
    for (const { observation, errors } of seen) {
      expect(observation.stalls).toEqual([]);
      expect(observation.played).toBeGreaterThan((OBSERVED_MS / 1000) * 0.85);
      expect(errors).toEqual([]);
    }
  });

  it('loads parts at the live edge, three target durations behind which the page plays', () => {
    expect(origin.asked.filter((name) => name.startsWith('/0/part-')).length).toBeGreaterThan(20);
    for (const { behind } of seen) expect(behind).toBeLessThan(4 * 4);
  });

  it('hands each blocking reload to the upstream, once', () => {
    const blocking = origin.queries.filter((query) => query.includes('_HLS_part='));
    expect(blocking.length).toBeGreaterThan(20);
    expect(new Set(blocking).size).toBe(blocking.length);
  });

  it('holds a blocking reload as long as the upstream does', async () => {
    for (let i = 0; i < 3; i++) {
      const part = origin.edge();
      const url = `${cli.url}manifest.m3u8?_HLS_msn=${Math.floor(part / 4)}&_HLS_part=${part % 4}`;
      const text = await (await fetch(url)).text();
      expect(origin.edge()).toBeGreaterThan(part);
      expect(text).toContain(`/part-${Math.floor(part / 4)}.${part % 4}.m4s"`);
    }
  });

  it('gives the magnets of whole segments, and the parts and segments as they are', async () => {
    const text = await (await fetch(`${cli.url}manifest.m3u8`)).text();
    expect(text.match(/^###magnet:/gm)?.length).toBeGreaterThanOrEqual(9);
    const [, url = '', number] = /^(\S*\/segment-(\d+)\.m4s)$/m.exec(text) ?? [];
    const response = await fetch(new URL(url, cli.url));
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(
      sha256(joined(feed.segments[Number(number)] ?? [])),
    );
  });
});

/** What the page has put into its global scope. */
interface Page {
  readonly hls: { lowLatencyMode: boolean };
  readonly liveTorrent: {
    readonly stats: {
      readonly links: number;
      readonly peerBytes: number;
      readonly uploadedBytes: number;
      readonly cachedBytes: number;
      readonly segments: { readonly fromPeers: number };
    };
  };
}

(hasFfmpeg ? describe : describe.skip)('viewers who played the parts of segments', () => {
  it.each([false, true])('have them for who plays behind the edge; worker: %s', async (worker) => {
    const feed = await makeLowLatencyFeed({
      seconds: 240,
      segmentSeconds: 4,
      partsPerSegment: 8,
      bitsPerSecond: 500_000,
    });
    const origin = await startLowLatencyOrigin({ renditions: [feed], window: 10, ranges: worker });
    const cli = await Cli.start(['-u', `${origin.url}/0/live.m3u8`]);
    const browser = await launchBrowser();
    try {
      const url = `${cli.url}?worker=${worker ? 1 : 0}`;
      const stats = (viewer: Viewer) =>
        viewer.evaluate(
          () =>
            JSON.parse(
              JSON.stringify((globalThis as unknown as Page).liveTorrent.stats),
            ) as Page['liveTorrent']['stats'],
        );
      const first = await openViewer(browser, url);
      await first.playing(30_000);
      const [observation] = await observe([first], 18_000);
      expect(observation?.stalls).toEqual([]);
      // Made of parts alone: nobody else is there, and it has asked for no whole segment at the edge.
      const held = (await stats(first)).cachedBytes;
      expect(held).toBeGreaterThan(2 * 200_000);
      const second = await openViewer(browser, url);
      await second.playing(30_000);
      await waitFor('a link', async () => (await stats(second)).links > 0, { timeout: 30_000 });
      await second.evaluate(() => {
        const { hls } = globalThis as unknown as Page;
        hls.lowLatencyMode = false;
        const video = document.querySelector('video') as HTMLVideoElement;
        video.currentTime -= 16;
      });
      await waitFor('segments from the other', async () => (await stats(second)).segments.fromPeers >= 2, {
        timeout: 30_000,
      });
      expect((await stats(second)).peerBytes).toBeGreaterThan(200_000);
      expect((await stats(first)).uploadedBytes).toBeGreaterThan(200_000);
      expect([...first.errors, ...second.errors]).toEqual([]);
    } finally {
      await browser.close();
      await cli.stop();
      await origin.close();
    }
  });
});

interface PartsPage {
  partsFromPeers: number;
  readonly liveTorrent: P2PLoader;
}

(hasFfmpeg ? describe : describe.skip)('viewers at the live edge, by `live-torrent -u --parts`', () => {
  const make = (bitsPerSecond: number, container: 'cmaf' | 'ts' = 'cmaf') =>
    makeLowLatencyFeed({ seconds: 240, segmentSeconds: 4, partsPerSegment: 8, bitsPerSecond, container });

  it.each([
    { name: 'MPEG-TS', rates: [500_000], container: 'ts', ranges: false, worker: false },
    { name: 'MPEG-TS', rates: [500_000], container: 'ts', ranges: false, worker: true },
    { name: 'byte ranges of CMAF', rates: [500_000], container: 'cmaf', ranges: true, worker: false },
    { name: 'byte ranges of CMAF', rates: [500_000], container: 'cmaf', ranges: true, worker: true },
    { name: 'two renditions', rates: [300_000, 500_000], container: 'cmaf', ranges: false, worker: false },
    { name: 'two renditions', rates: [300_000, 500_000], container: 'cmaf', ranges: false, worker: true },
  ] as const)('give each other parts of $name; worker: $worker', async ({ rates, container, ranges, worker }) => {
    const renditions = await Promise.all(rates.map((rate) => make(rate, container)));
    const origin = await startLowLatencyOrigin({ renditions, bitsPerSecond: [...rates], window: 10, ranges });
    const path = renditions.length > 1 ? '/live.m3u8' : '/0/live.m3u8';
    const cli = await Cli.start(['-u', `${origin.url}${path}`, '--parts']);
    const browser = await launchBrowser();
    try {
      const viewers: Viewer[] = [];
      for (let i = 0; i < 3; i++) {
        const viewer = await openViewer(browser, `${cli.url}?worker=${worker ? 1 : 0}`);
        viewers.push(viewer);
        await viewer.playing(30_000);
      }
      await allLinked(viewers, { timeout: 30_000 });
      for (const viewer of viewers) {
        await viewer.evaluate(() => {
          const page = globalThis as unknown as PartsPage;
          page.partsFromPeers = 0;
          page.liveTorrent.addEventListener('part', ({ detail }) => {
            if (detail.source === 'peers') page.partsFromPeers += 1;
          });
        });
      }
      await observe(viewers, 8_000);
      const observed = await observe(viewers, OBSERVED_MS);
      for (const { stalls, played } of observed) {
        expect(stalls).toEqual([]);
        expect(played).toBeGreaterThan((OBSERVED_MS / 1000) * 0.85);
      }
      const parts = await Promise.all(
        viewers.map((viewer) => viewer.evaluate(() => (globalThis as unknown as PartsPage).partsFromPeers)),
      );
      console.info(peerShare(observed), parts);
      expect(parts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(OBSERVED_MS / 500);
      expect(peerShare(observed)).toBeGreaterThan(0.4);
      expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
    } finally {
      await browser.close();
      await cli.stop();
      await origin.close();
    }
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { chromiumCommand } from '../../harness/chromium.mjs';
import type { LoaderStats } from '../../packages/p2p-loader/src/figures/stats.js';
import { hasFfmpeg, vodFeed } from '../browser/support/media.js';
import { type PlayedSegment, probePlayback, probeSegments, type Stall } from '../browser/support/probes.js';
import { workerPages } from '../browser/support/worker-pages.js';
import { WorkerSite } from '../browser/support/worker-site.js';
import type { BrokenRequest } from '../browser/support/worker-tab.js';

/** Length of the play, minutes; without it this file does nothing. */
const MINUTES = Number(process.env.WORKER_SOAK_MINUTES ?? 0);
/** From one pause of the player to the next, and how long it lasts, s: longer than an idle worker lives (30 s in Chromium). */
const PAUSE_EVERY = 200;
const PAUSE = 45;

jest.setTimeout((MINUTES + 5) * 60_000);

/** What a viewer tells of itself. */
interface Report {
  readonly viewer: string;
  readonly currentTime: number;
  readonly stats: LoaderStats;
  readonly stalls: readonly Stall[];
  /** When pauses ended, ms since navigation start. */
  readonly resumed: readonly number[];
  readonly broken: readonly BrokenRequest[];
  readonly segments: readonly PlayedSegment[];
}

/** Runs in the page. */
function report(every: number, pauseEvery: number, pause: number): void {
  const viewer = new URLSearchParams(location.search).get('viewer');
  const resumed: number[] = [];
  const player = () => {
    const { hls } = globalThis as unknown as { hls: { stopLoad(): void; startLoad(at: number): void } };
    return { hls, video: document.querySelector('video') as HTMLVideoElement };
  };
  let silent = false;
  setInterval(() => {
    if (silent || !globalThis.liveTorrent) return;
    const { currentTime } = player().video;
    const { stalls, segments } = globalThis.__probes;
    const { stats } = globalThis.liveTorrent;
    const body = { viewer, currentTime, stats, stalls, resumed, broken: globalThis.__broken, segments };
    fetch('/report', { method: 'POST', body: JSON.stringify(body) }).catch(() => undefined);
  }, every);
  setInterval(() => {
    const { hls, video } = player();
    silent = true;
    video.pause();
    hls.stopLoad();
    setTimeout(() => {
      silent = false;
      hls.startLoad(-1);
      // On to the live edge, as a viewer who comes back does.
      video.currentTime = video.buffered.length > 0 ? video.buffered.end(video.buffered.length - 1) : 0;
      resumed.push(performance.now());
      void video.play();
    }, pause * 1000);
  }, pauseEvery * 1000);
}

(hasFfmpeg && MINUTES > 0 ? describe : describe.skip)(
  `${MINUTES} minutes of play, with nobody watching the worker`,
  () => {
    let folder: string;
    let site: WorkerSite;
    const browsers: { readonly process: ChildProcess; readonly profile: string }[] = [];
    let last: Report[];

    beforeAll(async () => {
      const rendition = { name: 'low', width: 320, height: 180, kbps: 400 };
      folder = join(vodFeed({ renditions: [rendition], segmentSeconds: 2, seconds: (MINUTES + 4) * 60 }), 'low');
      site = await WorkerSite.start({ folders: [folder] });
      site.files.set(
        '/sw.js',
        `${site.files.get('/sw.js')}\n;fetch('/worker-starts', { method: 'HEAD' }).catch(() => {});`,
      );
      const scripts = [
        `(${probePlayback})(120)`,
        `(${probeSegments})()`,
        `(${report})(5_000, ${PAUSE_EVERY}, ${PAUSE})`,
      ];
      const injected = scripts.map((script) => `<script>${script}</script>`).join('');
      site.files.set('/play.html', (workerPages['/play.html'] as string).replace('<script>', `${injected}<script>`));
      for (const viewer of ['a', 'b']) {
        const profile = mkdtempSync(join(tmpdir(), 'live-torrent-soak-'));
        // No DevTools: a browser keeps the workers that it shows alive.
        const { executablePath, args } = chromiumCommand();
        const all = [...args, '--headless', `--user-data-dir=${profile}`, `${site.url}play.html?viewer=${viewer}`];
        browsers.push({ process: spawn(executablePath, all, { stdio: 'ignore', detached: true }), profile });
        await sleep(3_000);
      }
      await sleep(MINUTES * 60_000);
      const reports = site.reports.map((text) => JSON.parse(text) as Report);
      last = ['a', 'b'].map((name) => reports.filter(({ viewer }) => viewer === name).at(-1) as Report);
      const peers = last.reduce((sum, { stats }) => sum + stats.peerBytes, 0);
      const share = peers / last.reduce((sum, { stats }) => sum + stats.originBytes, peers);
      console.info(
        [
          `${MINUTES} min, 2 viewers: ${site.asked(/^\/worker-starts$/).length} starts of 2 workers`,
          `${last.map(({ broken }) => broken.length).join(' + ')} broken requests`,
          `${last.map((viewer) => unexplained(viewer).length).join(' + ')} stalls`,
          `${last.map(({ currentTime }) => Math.round(currentTime)).join(' / ')} s played`,
          `${last.map(({ segments }) => segments.length).join(' + ')} segments`,
          `${(share * 100).toFixed(1)} % from peers`,
        ].join(', '),
      );
    });

    afterAll(async () => {
      for (const { process: browser, profile } of browsers) {
        const exited = once(browser, 'exit');
        process.kill(-(browser.pid as number), 'SIGKILL');
        await exited;
        rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
      }
      await site?.close();
    });

    /** Those that did not come from the player's own pause. */
    const unexplained = ({ stalls, resumed }: Report): Stall[] =>
      stalls.filter(({ at }) => !resumed.some((time) => at > time - 1_000 && at < time + 15_000));

    it('starts workers anew that the browser has stopped', () => {
      expect(site.asked(/^\/worker-starts$/).length).toBeGreaterThan(2);
    });

    it('breaks no request, and stalls nowhere', () => {
      for (const viewer of last) {
        expect(viewer.broken).toEqual([]);
        expect(unexplained(viewer)).toEqual([]);
      }
    });

    it('plays on to the end', () => {
      const pauses = Math.floor((MINUTES * 60) / PAUSE_EVERY) * PAUSE;
      for (const { currentTime } of last) expect(currentTime).toBeGreaterThan((MINUTES * 60 - pauses) * 0.9);
    });

    it('takes at least a third of all bytes from the other viewer', () => {
      for (const { stats } of last) expect(stats.peerBytes + stats.uploadedBytes).toBeGreaterThan(0);
      const peers = last.reduce((sum, { stats }) => sum + stats.peerBytes, 0);
      expect(peers / last.reduce((sum, { stats }) => sum + stats.originBytes, peers)).toBeGreaterThan(1 / 3);
    });

    it("gives the players the very bytes of the origin's files", () => {
      const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
      const hashes = new Set(
        files.map((name) =>
          createHash('sha256')
            .update(readFileSync(join(folder, name)))
            .digest('hex'),
        ),
      );
      for (const { segments } of last) expect(segments.filter(({ sha256 }) => !hashes.has(sha256))).toEqual([]);
    });
  },
);

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { hasFfmpeg, type LiveFeed, liveFfmpeg } from './support/media.js';
import { distinctBytes, type Observation, observe, peerShare } from './support/observe.js';
import { wrongSegments } from './support/same-bytes.js';
import type { Viewer } from './support/viewer.js';
import { openViewer } from './support/viewer.js';

const OBSERVED_MS = 60_000;
jest.setTimeout(OBSERVED_MS + 60_000);

/** `video_1.m4s` and `audio_1.m4s` would be two templates: ffmpeg has one, with the track's number. */
const shakaNames = [
  '-init_seg_name',
  'track$RepresentationID$_init.mp4',
  '-media_seg_name',
  'track$RepresentationID$_$Number$.m4s',
];

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
      const first = await openViewer(browser, `${cli.url}?worker=1`);
      const firstFrame = await first.playing();
      const second = await openViewer(browser, `${cli.url}?worker=1`);
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

(hasFfmpeg ? describe : describe.skip)('live-torrent -f on a folder of several tracks plays picture and sound', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'live-torrent-tracks-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(() => browser?.close());

  const source = ['testsrc=size=320x180:rate=25:duration=40', 'sine=frequency=440:duration=40'].flatMap((input) => [
    '-f',
    'lavfi',
    '-i',
    input,
  ]);
  const gop = ['-g', '50', '-keyint_min', '50', '-sc_threshold', '0', '-pix_fmt', 'yuv420p'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', ...gop, '-c:a', 'aac', '-b:a', '64k'];
  const hls = ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', '-master_pl_name', 'master.m3u8'];
  const two = ['-map', '0:v', '-map', '1:a', '-map', '0:v', '-map', '1:a', '-s:v:1', '160x90'];

  it.each([
    [
      "of ffmpeg's dash muxer",
      ['-map', '0:v', '-map', '0:v', '-map', '1:a', '-s:v:1', '160x90'],
      ['-f', 'dash', '-seg_duration', '2', 'manifest.mpd'],
    ],
    ['of names as Shaka Packager has them', [], ['-f', 'dash', '-seg_duration', '2', ...shakaNames, 'manifest.mpd']],
    ['of %v in one folder', two, [...hls, '-var_stream_map', 'v:0,a:0 v:1,a:1', 's_%v.m3u8']],
    ['of %v in folders', two, [...hls, '-var_stream_map', 'v:0,a:0 v:1,a:1', '%v/index.m3u8']],
  ])('%s', async (_, maps, output) => {
    const made = spawnSync('ffmpeg', ['-v', 'error', ...source, ...maps, ...codecs, ...output], { cwd: folder });
    expect(made.stderr.toString()).toBe('');
    const cli = await Cli.start(['-f', folder, '-l']);
    const viewers: Viewer[] = [];
    try {
      for (let i = 0; i < 2; i++) {
        const viewer = await openViewer(browser, `${cli.url}?worker=1`);
        viewers.push(viewer);
        await viewer.playing();
      }
      const observations = await observe(viewers, 15_000);
      for (const [i, viewer] of viewers.entries()) {
        const decoded = await viewer.page.evaluate(() => {
          const video = document.querySelector('video') as HTMLVideoElement & { [count: string]: number };
          return { frames: video.webkitDecodedFrameCount ?? 0, sound: video.webkitAudioDecodedByteCount ?? 0 };
        });
        expect(decoded.frames).toBeGreaterThan(200);
        expect(decoded.sound).toBeGreaterThan(10_000);
        expect(viewer.errors).toEqual([]);
        expect(observations[i]?.stalls).toEqual([]);
        expect(observations[i]?.played).toBeGreaterThan(12);
      }
      expect(peerShare(observations)).toBeGreaterThan(0.1);
    } finally {
      for (const viewer of viewers) await viewer.close();
      await cli.stop();
    }
  });
});

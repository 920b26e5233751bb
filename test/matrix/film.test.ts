import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { describeWith } from '../browser/support/programs.js';
import type { Viewer } from '../browser/support/viewer.js';
import { openViewer } from '../browser/support/viewer.js';

jest.setTimeout(120_000);

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10'];
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '40'];
const vp9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '300k', '-g', '40'];
const FILMS = [
  ['film.mp4', [...picture, ...sound, ...h264, '-c:a', 'aac']],
  ['film.ts', [...picture, ...sound, ...h264, '-c:a', 'aac']],
  ['film.webm', [...picture, ...sound, ...vp9, '-c:a', 'libopus']],
  ['film.avi', [...picture, ...sound, '-c:v', 'mpeg4', '-c:a', 'mp2']],
  ['sound.mp3', [...sound]],
] as const;

describeWith('ffmpeg')('live-torrent -f with a film: two viewers', () => {
  let films: string;
  let browser: Browser;

  beforeAll(async () => {
    films = mkdtempSync(join(tmpdir(), 'live-torrent-films-'));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(films, { recursive: true, force: true });
  });

  it.each(FILMS)('play %s, and share it', async (name, args) => {
    const film = join(films, name);
    const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args, '-t', '60', film], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const cli = await Cli.start(['-f', film, '-l']);
    const viewers: Viewer[] = [];
    try {
      for (const _ of [1, 2]) {
        const viewer = await openViewer(browser, `${cli.url}?worker=1`);
        viewers.push(viewer);
        await viewer.playing(30_000);
      }
      await waitFor(
        'play',
        async () => {
          const playbacks = await Promise.all(viewers.map((viewer) => viewer.playback()));
          const stats = await Promise.all(viewers.map((viewer) => viewer.stats()));
          return playbacks.every(({ currentTime }) => currentTime > 20) && stats.some(({ peerBytes }) => peerBytes > 0);
        },
        { timeout: 60_000, interval: 500 },
      );
      for (const viewer of viewers) expect((await viewer.playback()).error).toBeUndefined();
      expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
    } finally {
      await Promise.all(viewers.map((viewer) => viewer.close()));
      expect(await cli.stop()).toBe(0);
    }
  });
});

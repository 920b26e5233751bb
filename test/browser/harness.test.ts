import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import type { Origin } from '../../harness/origin.mjs';
import { pageScripts } from '../../harness/page-files.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { connectedIntervals, longestExcess } from './support/connections.js';
import { startFolderOrigin } from './support/folder-origin.js';
import { hasFfmpeg, vodFeed } from './support/media.js';
import type { Viewer } from './support/viewer.js';
import { openViewer } from './support/viewer.js';

jest.setTimeout(60_000);

/** A page that plays with hls.js alone, as the demo page does but for the loader. */
const page = `<!doctype html><link rel="icon" href="data:,"><video id="player" muted autoplay></video><script src="hls.js"></script><script>
const hls = new Hls({ liveSyncDurationCount: 2 });
globalThis.hls = hls;
hls.loadSource('feed/master.m3u8');
hls.attachMedia(document.querySelector('video'));
</script>`;

(hasFfmpeg ? describe : describe.skip)('the harness, with hls.js alone and a live feed by the clock', () => {
  let folder: string;
  let origin: Origin;
  let browser: Browser;
  let viewer: Viewer;

  beforeAll(async () => {
    const feed = vodFeed({
      renditions: [{ name: 'low', width: 320, height: 180, kbps: 400 }],
      segmentSeconds: 1,
      seconds: 60,
    });
    folder = mkdtempSync(join(tmpdir(), 'live-torrent-harness-'));
    symlinkSync(feed, join(folder, 'feed'));
    symlinkSync(join(import.meta.dirname, '../..', pageScripts['/hls.global.js']), join(folder, 'hls.js'));
    writeFileSync(join(folder, 'index.html'), page);
    origin = await startFolderOrigin({ folder, liveWindow: 4 });
    browser = await launchBrowser();
    viewer = await openViewer(browser, `${origin.url}index.html`);
    await viewer.playing();
  });

  afterAll(async () => {
    await browser?.close();
    await origin?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('sees the video play on, and no stall', async () => {
    await waitFor('4 s of play', async () => (await viewer.playback()).currentTime > 4);
    const { stalls, frames, error } = await viewer.playback();
    expect({ stalls, error }).toEqual({ stalls: [], error: undefined });
    expect(frames).toBeGreaterThan(50);
    expect(viewer.errors).toEqual([]);
  });

  it('gets the very bytes of every segment', async () => {
    const segments = await viewer.segments();
    expect(segments.length).toBeGreaterThan(2);
    for (const { url, sha256 } of segments) {
      const bytes = readFileSync(join(folder, new URL(url).pathname));
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it("counts browsers' requests apart from others'", async () => {
    const played = await viewer.segments();
    const { browsers, others } = origin.sent(/\.ts$/);
    expect(browsers.requests).toBeGreaterThanOrEqual(played.length);
    expect(others.requests).toBe(0);
    const { length } = await (await fetch(`${origin.url}feed/low/segment-00000.ts`)).bytes();
    expect(origin.sent(/\.ts$/).others).toEqual({ requests: 1, bytes: length });
  });

  it('records the life of RTCPeerConnections', async () => {
    await viewer.page.evaluate(async () => {
      const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
      a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
      b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
      a.createDataChannel('x');
      const connected = [a, b].map(
        (end) =>
          new Promise<void>((resolve) => {
            end.addEventListener('connectionstatechange', () => end.connectionState === 'connected' && resolve());
          }),
      );
      await a.setLocalDescription();
      await b.setRemoteDescription(a.localDescription as RTCSessionDescription);
      await b.setLocalDescription();
      await a.setRemoteDescription(b.localDescription as RTCSessionDescription);
      await Promise.all(connected);
      a.close();
    });
    const { now, records } = await viewer.peerConnections();
    expect(records).toHaveLength(2);
    expect(records[0]?.states.at(-1)?.state).toBe('closed');
    const intervals = connectedIntervals(records, now);
    expect(intervals).toHaveLength(2);
    expect(longestExcess(intervals, 1)).toBeGreaterThan(0);
    expect(longestExcess(intervals, 2)).toBe(0);
  });

  it('sees a stall when the origin is gone, and the reason of a failed request', async () => {
    await origin.close();
    await waitFor('stall', async () => (await viewer.playback()).stalls.length > 0);
    expect(viewer.errors.join('\n')).toMatch(/ERR_CONNECTION/);
  });

  it("ends a viewer's process", async () => {
    await viewer.kill();
    expect(browser.contexts()).toEqual([]);
  });
});

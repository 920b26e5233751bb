import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { alteredSegments } from '../browser/support/same-bytes.js';
import { describeWebKit, WebKitViewer, WebKitWindow } from '../browser/support/webkit.js';

const feed = join(import.meta.dirname, '../../examples/feed');
const PLAYED_S = 24;
const SEGMENT_S = 4;
const START_MS = 60_000;
jest.setTimeout(180_000);

const ways = [
  { name: 'with the worker', query: '?worker=1', path: 'the service worker' },
  { name: 'hls.js without worker', query: '?worker=0', path: 'hls.js' },
];

for (const { name, query, path } of ways) {
  describeWebKit(`WebKitGTK, which has no WebRTC, on the demo page, ${name}`, () => {
    let cli: Cli;
    let viewer: WebKitViewer;
    let started: number;

    beforeAll(async () => {
      cli = await Cli.start(['-f', feed, '-l']);
      viewer = await WebKitViewer.open(cli.url + query);
      started = await waitFor('play', async () => (await viewer.playback()).currentTime, { timeout: START_MS });
    });

    afterAll(async () => {
      await viewer?.close();
      await cli?.stop();
    });

    it(`plays for ${PLAYED_S} s without a stall`, async () => {
      const played = async () => (await viewer.playback()).currentTime - started;
      await waitFor('play', async () => (await played()) > PLAYED_S, { timeout: 3 * PLAYED_S * 1000 });
      const { stalls, error } = await viewer.playback();
      expect({ stalls, error: error ?? undefined }).toEqual({ stalls: [], error: undefined });
    });

    it(`gets segments through ${path}`, async () => {
      const page = await viewer.evaluate(() => ({
        webRtc: typeof RTCPeerConnection,
        path: document.getElementById('path')?.textContent,
      }));
      expect(page.webRtc).toBe('undefined');
      expect(page.path).toContain(path);
    });

    it('says in stats and on the page why P2P is off', async () => {
      const { enabled, reason, links, peerBytes } = await viewer.stats();
      expect({ enabled, reason, links, peerBytes }).toEqual({
        enabled: false,
        reason: 'no-webrtc',
        links: 0,
        peerBytes: 0,
      });
      const status = await viewer.evaluate(() => document.getElementById('status-text')?.textContent);
      expect(status).toMatch(/no WebRTC.*plain HTTP/);
    });

    it('gets every segment by HTTP, in the very bytes of the feed, and leaves the tracker alone', async () => {
      const segments = await viewer.segments();
      expect(segments.length).toBeGreaterThanOrEqual(PLAYED_S / SEGMENT_S - 1);
      expect(alteredSegments(segments, feed)).toEqual([]);
      const { segmentBytesServed, tracker } = await cli.stats();
      expect(segmentBytesServed).toBeGreaterThanOrEqual(segments.reduce((sum, { length }) => sum + length, 0));
      expect(tracker.announces).toBe(0);
    });
  });
}

describeWebKit("WebKitGTK's console", () => {
  let cli: Cli;
  let window: WebKitWindow | undefined;

  beforeAll(async () => {
    cli = await Cli.start(['-f', feed, '-l']);
  });

  afterEach(async () => {
    await window?.close();
  });

  afterAll(async () => {
    await cli?.stop();
  });

  it('is seen by this test', async () => {
    window = WebKitWindow.open('data:text/html,<script>console.error("an error")</script>');
    await waitFor('the error', () => window?.errors.join().includes('an error'), { timeout: START_MS });
  });

  it('has no error while the demo page plays', async () => {
    const { segmentRequests } = await cli.stats();
    window = WebKitWindow.open(cli.url);
    // Three segments fill the buffer at the start; then one is fetched for each one played.
    const wanted = segmentRequests + 3 + PLAYED_S / SEGMENT_S;
    await waitFor(`${PLAYED_S} s of play`, async () => (await cli.stats()).segmentRequests >= wanted, {
      timeout: START_MS + 3 * PLAYED_S * 1000,
    });
    expect(window.errors).toEqual([]);
  });
});

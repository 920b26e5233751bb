import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { openViewerWith } from '../browser/support/loader-options.js';
import { hasFfmpeg, type LiveFeed, liveFfmpeg } from '../browser/support/media.js';
import type { Viewer } from '../browser/support/viewer.js';
import { openViewer } from '../browser/support/viewer.js';

/** Segments that each of the two has to be through, as the shadow counts them. */
const SEGMENTS = 12;
jest.setTimeout(180_000);

(hasFfmpeg ? describe : describe.skip).each([
  ['hls.js without worker', '?worker=0'],
  ['the worker', '?worker=1'],
])('two viewers in shadow mode, and one that takes part in P2P, with %s', (_name, query) => {
  let feed: LiveFeed;
  let cli: Cli;
  let browser: Browser;
  let shadows: Viewer[];
  let other: Viewer;

  beforeAll(async () => {
    const rendition = { name: 'live', width: 320, height: 180, kbps: 500 };
    feed = await liveFfmpeg({ renditions: [rendition], segmentSeconds: 2 }, 4);
    cli = await Cli.start(['-f', join(feed.folder, 'live')]);
    browser = await launchBrowser();
    const open = () => openViewerWith(browser, cli.url + query, '{ shadow: true }');
    shadows = [await open(), await open()];
    other = await openViewer(browser, cli.url + query);
    for (const viewer of [...shadows, other]) await viewer.playing();
    await waitFor(
      'segments',
      async () => {
        const counts = await Promise.all(shadows.map(async (viewer) => (await viewer.stats()).shadow?.segments));
        return counts.every((count) => count && count.fromPeers + count.fromOrigin >= SEGMENTS);
      },
      { timeout: 90_000 },
    );
  });

  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
    await feed?.stop();
  });

  it('plays from the origin alone, and says why', async () => {
    for (const viewer of shadows) {
      expect(await viewer.stats()).toMatchObject({
        enabled: false,
        reason: 'shadow',
        peerBytes: 0,
        originBytes: 0,
        uploadedBytes: 0,
        torrents: 0,
        segments: { fromPeers: 0, fromOrigin: 0, mixed: 0, fromCache: 0 },
      });
      expect((await viewer.playback()).stalls).toEqual([]);
    }
  });

  it('gets every segment of each player from the origin, as without P2P', async () => {
    for (const viewer of shadows) {
      const played = await viewer.segments();
      const requested = await viewer.page.evaluate(() =>
        performance.getEntriesByType('resource').flatMap(({ name }) => (name.endsWith('.ts') ? [name] : [])),
      );
      expect(played.length).toBeGreaterThan(SEGMENTS / 2);
      for (const { url } of played) expect(requested.filter((name) => name === url)).toHaveLength(1);
    }
  });

  it('would have got at least 35 % of its bytes from the other', async () => {
    const figures = await Promise.all(shadows.map(async (viewer) => (await viewer.stats()).shadow));
    const sum = (name: 'peerBytes' | 'originBytes' | 'uploadedBytes'): number =>
      figures.reduce((total, figure) => total + (figure?.[name] ?? 0), 0);
    expect(sum('peerBytes') / (sum('peerBytes') + sum('originBytes'))).toBeGreaterThanOrEqual(0.35);
    expect(sum('uploadedBytes')).toBeGreaterThanOrEqual(0.8 * sum('peerBytes'));
  });

  it('links those of its mode among themselves only', async () => {
    const peers = await Promise.all(shadows.map(async (viewer) => (await viewer.stats()).peers.length));
    expect(peers).toEqual([1, 1]);
    expect((await other.stats()).links).toBe(0);
  });
});

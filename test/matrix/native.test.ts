import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { ExampleSite } from '../browser/support/example-site.js';
import { peerShare } from '../browser/support/observe.js';
import { type TwoViewers, watchTwo } from '../browser/support/two-viewers.js';

const DURATION_MS = 28_000;

describe.each([
  { coding: 'identity', gzip: false },
  { coding: 'gzip', gzip: true },
])(
  "plain <video> with Chromium's own HLS: two viewers of a live stream that loops, playlists in $coding",
  ({ gzip }) => {
    let site: ExampleSite;
    let browser: Browser;
    let seen: TwoViewers;

    beforeAll(async () => {
      site = await ExampleSite.start({ gzip });
      browser = await launchBrowser();
      seen = await watchTwo(browser, site, '/native/', DURATION_MS);
    }, DURATION_MS + 90_000);

    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    it('gets playlists in that coding', () => {
      expect(site.zipped > 0).toBe(gzip);
    });

    it('plays on under a service worker without a stall', () => {
      expect(seen.controlled).toEqual([true, true]);
      for (const { stalls, played } of seen.observations) {
        expect(stalls).toEqual([]);
        expect(played).toBeGreaterThan((DURATION_MS / 1000) * 0.8);
      }
    });

    it('viewers get at least 35 % of their bytes from each other', () => {
      expect(peerShare(seen.observations)).toBeGreaterThanOrEqual(0.35);
    });

    it('gets every segment through the worker: the site sends what the loaders asked for, and no more', () => {
      const originBytes = seen.observations.reduce((sum, { originBytes }) => sum + originBytes, 0);
      expect(seen.siteBytes).toBeLessThanOrEqual(1.3 * originBytes);
    });

    it('leaves the console free of errors', () => {
      expect(seen.errors).toEqual([]);
    });
  },
);

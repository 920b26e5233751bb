import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.mjs';
import { ExampleSite } from './example-site.js';
import { peerShare } from './observe.js';
import { type TwoViewers, watchTwo, wrongDeliveries } from './two-viewers.js';

/** Duration of the example's segments, s. */
const SEGMENT_SECONDS = 4;

export interface PlayerTest {
  /** Of the page on the example site. */
  readonly path: string;
  /** How long both viewers are watched, ms. */
  readonly duration: number;
  /** Whether the page has a service worker; default true. */
  readonly worker?: boolean;
}

/** What has to hold for two viewers of an example page, whichever player it has. */
export function describePlayer(name: string, { path, duration, worker = true }: PlayerTest): void {
  describe(`${name}: two viewers of a live stream that loops`, () => {
    let site: ExampleSite;
    let browser: Browser;
    let seen: TwoViewers;

    beforeAll(async () => {
      site = await ExampleSite.start();
      browser = await launchBrowser();
      seen = await watchTwo(browser, site, path, duration);
      const share = Math.round(100 * peerShare(seen.observations));
      const segments = seen.deliveries.map(({ length }) => length).join(' and ');
      process.stdout.write(`${name}: ${share} % from peers, ${seen.copies.toFixed(2)} copies, ${segments} segments\n`);
    }, duration + 90_000);

    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    it(worker ? 'plays through the service worker' : 'plays without a service worker', () => {
      expect(seen.controlled).toEqual([worker, worker]);
    });

    it('plays on without a stall', () => {
      for (const { stalls, played } of seen.observations) {
        expect(stalls).toEqual([]);
        expect(played).toBeGreaterThan((duration / 1000) * 0.9);
      }
    });

    it('viewers get at least 35 % of their bytes from each other', () => {
      expect(peerShare(seen.observations)).toBeGreaterThanOrEqual(0.35);
    });

    it('takes at most 1.5 copies of each segment from the origin', () => {
      expect(seen.copies).toBeLessThanOrEqual(1.5);
    });

    it("gives the player the very bytes of the origin's files", () => {
      for (const deliveries of seen.deliveries) {
        expect(deliveries.length).toBeGreaterThanOrEqual(duration / 1000 / SEGMENT_SECONDS);
        expect(wrongDeliveries(deliveries)).toEqual([]);
      }
    });

    it('leaves the console free of errors', () => {
      expect(seen.errors).toEqual([]);
    });
  });
}

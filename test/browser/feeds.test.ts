import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { feeds } from './support/feeds.js';
import { type Exchange, exchange, seek, shareOf } from './support/feeds-exchange.js';
import { FeedSite } from './support/feeds-site.js';
import { hasFfmpeg } from './support/media.js';
import type { Viewer } from './support/viewer.js';

jest.setTimeout(120_000);

/** Every kind of feed: test/matrix/feeds.test.ts. */
const describeWithFfmpeg = hasFfmpeg ? describe : describe.skip;

let browser: Browser;
beforeAll(async () => {
  if (hasFfmpeg) browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function expectRight(site: FeedSite, viewers: readonly Viewer[], seen: Exchange): Promise<void> {
  expect(seen.viewers.flatMap(({ fatal }) => fatal)).toEqual([]);
  for (const viewer of viewers) expect(site.wrong(await viewer.segments())).toEqual([]);
  expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
}

describeWithFfmpeg('a live feed of fragmented MP4 with alternate audio, through the service worker', () => {
  it('is carried by its two viewers: picture and sound, never the init segments', async () => {
    const site = await FeedSite.start({ folder: feeds(), liveWindow: 6 });
    try {
      const viewers = await site.openTwo(browser, 'audio/master.m3u8', { worker: true });
      const seen = await exchange(site, viewers, { paths: /\.m4s$/, segments: 12, share: 0.2 });
      for (const { segments, stalls } of seen.viewers) {
        expect(new Set(segments.map(({ type }) => type))).toEqual(new Set(['main', 'audio']));
        expect(stalls).toEqual([]);
      }
      // Of picture and sound, for each viewer.
      expect(site.origin.sent(/init_\d\.mp4$/).browsers.requests).toBeGreaterThanOrEqual(4);
      await expectRight(site, viewers, seen);
    } finally {
      await site.close();
    }
  });
});

describeWithFfmpeg('video on demand in one file by EXT-X-BYTERANGE, through the service worker', () => {
  it('is had from the other viewer by who follows it to a place', async () => {
    const site = await FeedSite.start({ folder: feeds() });
    try {
      const viewers = await site.openTwo(browser, 'single/index.m3u8', { worker: true });
      const meanwhile = async (): Promise<void> => {
        for (const viewer of viewers) await seek(viewer, 120, 8);
      };
      const seen = await exchange(site, viewers, { paths: /all\.mp4$/, segments: 4, share: 0, meanwhile });
      expect(shareOf(seen.viewers.slice(1))).toBeGreaterThan(0.2);
      expect(seen.viewers.flatMap(({ segments }) => segments).every(({ range }) => range)).toBe(true);
      await expectRight(site, viewers, seen);
    } finally {
      await site.close();
    }
  });
});

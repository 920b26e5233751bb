import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { largeFeed } from '../browser/support/feeds.js';
import { exchange } from '../browser/support/feeds-exchange.js';
import { FeedSite } from '../browser/support/feeds-site.js';
import { hasFfmpeg } from '../browser/support/media.js';

jest.setTimeout(180_000);

const paths = /\.ts$/;
/** Bytes a second of one answer: a segment takes two seconds. */
const RATE = 2_000_000;

(hasFfmpeg ? describe : describe.skip)('segments of 4 MB: two viewers, hls.js without worker', () => {
  let browser: Browser;
  let site: FeedSite;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('live: the origin sends each once', async () => {
    site = await FeedSite.start({ folder: largeFeed(), liveWindow: 4, rate: RATE });
    const viewers = await site.openTwo(browser, 'index.m3u8', { worker: false });
    const seen = await exchange(site, viewers, { paths, segments: 6, share: 0 });
    expect(seen.copies).toBeLessThanOrEqual(1.1);
    expect(seen.viewers.flatMap(({ fatal }) => fatal)).toEqual([]);
    for (const viewer of viewers) expect(site.wrong(await viewer.segments())).toEqual([]);
  });
});

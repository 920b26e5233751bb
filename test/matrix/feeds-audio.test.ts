import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { waitFor } from '../../harness/poll.mjs';
import type { SegmentDetail } from '../../packages/p2p-loader/src/figures/events.js';
import { feeds } from '../browser/support/feeds.js';
import { type Exchange, exchange, figures } from '../browser/support/feeds-exchange.js';
import { FeedSite } from '../browser/support/feeds-site.js';
import { hasFfmpeg } from '../browser/support/media.js';
import type { Viewer } from '../browser/support/viewer.js';

jest.setTimeout(180_000);

/** What the viewers have from each other at least, 0 to 1; the best is 0.5. */
const SHARE = 0.3;
/** Segments of a viewer's sound in one language that are looked at. */
const SOUNDS = 4;

declare global {
  /** What the loader has given to the player. */
  var given: SegmentDetail[];
}

/** Where each segment of that language came from that the player got since the first `from` segments of all. */
async function sources(viewer: Viewer, language: string, from: number): Promise<string[]> {
  const given = await viewer.page.evaluate(() => globalThis.given);
  return given.slice(from).flatMap(({ url, source }) => (url.includes(`/audio/${language}/`) ? [source] : []));
}

const countOf = (viewer: Viewer): Promise<number> => viewer.page.evaluate(() => globalThis.given.length);

/** Lets the player play that language, and waits until it does. */
async function speak(viewer: Viewer, language: string): Promise<void> {
  const before = (await viewer.segments()).length;
  await viewer.page.evaluate((wanted) => {
    const { hls } = globalThis as unknown as { hls: { audioTrack: number; audioTracks: { lang?: string }[] } };
    hls.audioTrack = hls.audioTracks.findIndex(({ lang }) => lang === wanted);
  }, language);
  await waitFor(`sound in ${language}`, async () =>
    (await viewer.segments()).slice(before).some(({ url }) => url.includes(`/audio/${language}/`)),
  );
}

const describeWithFfmpeg = hasFfmpeg ? describe : describe.skip;

describeWithFfmpeg.each([
  ['hlsConfig()', false],
  ['the service worker', true],
])('a live feed whose two viewers change the language, through %s', (way, worker) => {
  let site: FeedSite;
  let browser: Browser;
  let viewers: [Viewer, Viewer];
  /** While one viewer has changed, and after the other one has, too. */
  let apart: Exchange;
  let together: Exchange;
  /** Of each viewer's language, while nobody else had it. */
  const alone: string[] = [];

  beforeAll(async () => {
    site = await FeedSite.start({ folder: feeds(), liveWindow: 6 });
    browser = await launchBrowser();
    viewers = await site.openTwo(browser, 'audio/master.m3u8', { worker });
    const [first, second] = viewers;
    for (const { page } of viewers) {
      await page.evaluate(() => {
        globalThis.given = [];
        const loader = globalThis.liveTorrent as unknown as EventTarget;
        loader.addEventListener('segment', (event) =>
          globalThis.given.push((event as CustomEvent<SegmentDetail>).detail),
        );
      });
    }
    const meanwhile = async () => {
      await speak(first, 'de');
      // What was on its way in the left language is through when both have played on for a window.
      const played = await Promise.all(viewers.map(countOf));
      const playOn = async (count: number) => {
        const now = await Promise.all(viewers.map(countOf));
        return now.every((all, i) => all >= (played[i] ?? 0) + count);
      };
      await waitFor('a window in two languages', () => playOn(12), { timeout: 40_000 });
      const from = await Promise.all(viewers.map(countOf));
      const heard = async () => [await sources(first, 'de', from[0] ?? 0), await sources(second, 'en', from[1] ?? 0)];
      await waitFor('two languages', async () => (await heard()).every(({ length }) => length >= SOUNDS), {
        timeout: 40_000,
      });
      alone.push(...(await heard()).flat());
    };
    apart = await exchange(site, viewers, { paths: /\.m4s$/, segments: 24, share: SHARE, meanwhile });
    const goal = { paths: /\.m4s$/, segments: 24, share: SHARE, meanwhile: () => speak(second, 'de') };
    together = await exchange(site, viewers, goal);
    for (const [name, seen] of Object.entries({ apart, together })) {
      process.stdout.write(`a change of the language, through ${way}, ${name}: ${figures(seen)}\n`);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('plays on without a stall or a fatal error', () => {
    for (const seen of [apart, together]) {
      for (const { stalls, fatal } of seen.viewers) expect({ stalls, fatal }).toEqual({ stalls: [], fatal: [] });
    }
  });

  it('loads a language that was left no further: the other viewer has it from the origin alone', () => {
    expect(new Set(alone)).toEqual(new Set(['origin']));
  });

  it('exchanges the language that both have', async () => {
    for (const viewer of viewers) {
      const { segments } = together.viewers[viewers.indexOf(viewer)] ?? { segments: [] };
      expect(segments.some(({ url }) => url.includes('/audio/de/'))).toBe(true);
    }
    const last = await Promise.all(viewers.map((viewer) => sources(viewer, 'de', 0)));
    expect(last.flat()).toContain('peers');
  });

  it("gives the player the very bytes of the origin's segments", async () => {
    for (const viewer of viewers) expect(site.wrong(await viewer.segments())).toEqual([]);
  });

  it('leaves the console free of errors', () => {
    expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

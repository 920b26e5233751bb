import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { feeds } from '../browser/support/feeds.js';
import { type Exchange, exchange, figures, followEachOther, seek } from '../browser/support/feeds-exchange.js';
import { FeedSite, linked } from '../browser/support/feeds-site.js';
import { hasFfmpeg } from '../browser/support/media.js';
import type { PlayedSegment } from '../browser/support/probes.js';
import type { Viewer } from '../browser/support/viewer.js';

jest.setTimeout(180_000);

/** What the viewers have from each other at least, 0 to 1: of what both get, the best is 0.5; of what they seek, not all is the same. */
const SHARE = 0.35;
const SOUGHT_SHARE = 0.2;
/** How often the origin sends each segment at most. */
const COPIES = 1.5;
/** Segments of a live window. */
const WINDOW = 6;

interface Kind {
  readonly name: string;
  readonly playlist: string;
  /** Segments of its live window; or that its EVENT playlist has at the start. */
  readonly liveWindow?: number;
  readonly growingEvent?: number;
  /** Where the players start, s; default: where hls.js does. */
  readonly start?: number;
  /** Played by plain HTTP first, until the viewers agree to more. */
  readonly consent?: boolean;
  /** Paths of its Media Segments. */
  readonly paths: RegExp;
  /** Segments that each player gets at least while it is watched. */
  readonly segments: number;
  /** Paths of what each viewer has from the origin. */
  readonly never?: RegExp;
  readonly ways: readonly Way[];
  /** What the viewers do; then a stall is none. */
  readonly meanwhile?: (viewers: readonly [Viewer, Viewer]) => Promise<void>;
  /** More to be seen of it. */
  readonly more?: (seen: { viewers: readonly Viewer[]; exchange: () => Exchange; site: () => FeedSite }) => void;
}
type Way = 'hlsConfig()' | 'the service worker';
const both: readonly Way[] = ['hlsConfig()', 'the service worker'];

const typesOf = (segments: readonly PlayedSegment[]) => new Set(segments.map(({ type }) => type));

const kinds: readonly Kind[] = [
  {
    name: 'fragmented MP4 with init segments and alternate audio, live',
    playlist: 'audio/master.m3u8',
    liveWindow: WINDOW,
    paths: /\.m4s$/,
    segments: 24,
    never: /init_\d\.mp4$/,
    ways: both,
    more: ({ exchange: seen }) => {
      it('plays picture and sound', () => {
        for (const { segments } of seen().viewers) expect(typesOf(segments)).toEqual(new Set(['main', 'audio']));
      });
    },
  },
  {
    name: 'WebVTT subtitles, live',
    playlist: 'subtitles/master.m3u8',
    liveWindow: WINDOW,
    paths: /\.(ts|vtt)$/,
    segments: 24,
    ways: both,
    more: ({ exchange: seen, viewers }) => {
      it('shows them', async () => {
        for (const { segments } of seen().viewers) expect(typesOf(segments)).toEqual(new Set(['main', 'subtitle']));
        for (const { page } of viewers) {
          const cues = await page.evaluate(() =>
            [...(document.querySelector('video')?.textTracks ?? [])].flatMap(({ cues }) =>
              [...(cues ?? [])].map((cue) => (cue as VTTCue).text),
            ),
          );
          expect(cues.length).toBeGreaterThan(5);
          for (const text of cues) expect(text).toMatch(/^Caption \d+$/);
        }
      });
    },
  },
  {
    name: 'AES-128 with key rotation, live',
    playlist: 'aes/index.m3u8',
    liveWindow: WINDOW,
    paths: /\.ts$/,
    segments: 12,
    never: /\.key$/,
    ways: both,
  },
  {
    name: 'advertisements of another encoding between discontinuities, live',
    playlist: 'ads/index.m3u8',
    liveWindow: WINDOW,
    paths: /\.ts$/,
    segments: 14,
    ways: both,
  },
  {
    name: 'a window of 80 s, live: back in it and forward to the live edge',
    playlist: 'ts/index.m3u8',
    liveWindow: 40,
    paths: /\.ts$/,
    segments: 20,
    ways: both,
    meanwhile: async (viewers) => {
      for (const viewer of viewers) {
        const { currentTime } = await viewer.playback();
        await seek(viewer, currentTime - 30, 8);
      }
      for (const viewer of viewers) {
        const edge = await viewer.page.evaluate(() => globalThis.liveEdge() ?? Number.NaN);
        await seek(viewer, edge, 1);
      }
    },
  },
  {
    name: 'one file by byte ranges, video on demand: seeks',
    playlist: 'single/index.m3u8',
    paths: /all\.mp4$/,
    segments: 20,
    ways: both,
    meanwhile: followEachOther,
  },
  {
    name: 'MPEG-TS, video on demand: seeks',
    playlist: 'ts/index.m3u8',
    paths: /\.ts$/,
    segments: 20,
    ways: both,
    meanwhile: followEachOther,
  },
  {
    name: 'an EVENT playlist that grows, from its start: forward to the live edge and back',
    playlist: 'ts/index.m3u8',
    growingEvent: 45,
    start: 0,
    paths: /\.ts$/,
    segments: 20,
    ways: both,
    meanwhile: async (viewers) => {
      const edge = await viewers[0].page.evaluate(() => globalThis.liveEdge() ?? Number.NaN);
      for (const viewer of viewers) await seek(viewer, edge, 1);
      // Whoever is ahead by seconds has it all from the origin: first one of them, then the other.
      for (const viewer of [...viewers].reverse()) await seek(viewer, edge - 50, 16);
    },
  },
  {
    name: 'alternate audio, video on demand, with consent when it plays: seeks',
    playlist: 'audio/master.m3u8',
    consent: true,
    paths: /\.m4s$/,
    segments: 30,
    ways: both,
    meanwhile: async (viewers) => {
      for (const viewer of viewers) {
        const { reason, links, trackerMessages } = await viewer.stats();
        expect({ reason, links, trackerMessages }).toEqual({
          reason: 'awaiting-consent',
          links: 0,
          trackerMessages: 0,
        });
        await viewer.page.evaluate(() => globalThis.consent());
      }
      await linked(viewers);
      await followEachOther(viewers);
    },
  },
];

const describeWithFfmpeg = hasFfmpeg ? describe : describe.skip;

describeWithFfmpeg.each(kinds)('$name', (kind) => {
  const { name, playlist, liveWindow, growingEvent, start, consent, paths, segments, never, ways, meanwhile, more } =
    kind;
  describe.each(ways)('two viewers, through %s', (way) => {
    let site: FeedSite;
    let browser: Browser;
    const viewers: Viewer[] = [];
    let seen: Exchange;
    let wrong: string[];

    beforeAll(async () => {
      site = await FeedSite.start({
        folder: feeds(),
        ...(liveWindow === undefined ? {} : { liveWindow }),
        ...(growingEvent === undefined ? {} : { growingEvent }),
      });
      browser = await launchBrowser();
      const two = await site.openTwo(browser, playlist, {
        worker: way === 'the service worker',
        ...(start === undefined ? {} : { start }),
        ...(consent && { consent }),
      });
      viewers.push(...two);
      const share = meanwhile ? SOUGHT_SHARE : SHARE;
      const goal = { paths, segments, share, ...(meanwhile && { meanwhile: () => meanwhile(two) }) };
      seen = await exchange(site, viewers, goal);
      const played = (await Promise.all(viewers.map((viewer) => viewer.segments()))).flat();
      wrong = site.wrong(played);
      const hashes = `${wrong.length} of ${played.length} hashes wrong`;
      process.stdout.write(`${name}, through ${way}: ${figures(seen)}, ${hashes}\n`);
    });

    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    it(meanwhile ? 'plays on without a fatal error' : 'plays on without a stall or a fatal error', () => {
      for (const { stalls, fatal } of seen.viewers) {
        if (!meanwhile) expect(stalls).toEqual([]);
        expect(fatal).toEqual([]);
      }
    });

    it('has from the origin hardly more than one copy of each segment', () => {
      expect(seen.copies).toBeLessThanOrEqual(COPIES);
    });

    it("gives the player the very bytes of the origin's segments", () => {
      expect(wrong).toEqual([]);
    });

    it('leaves the console free of errors', () => {
      expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
    });

    if (never) {
      it('has from the origin what is no Media Segment, once for each viewer and never from a peer', () => {
        const { requests } = site.origin.sent(never).browsers;
        expect(requests).toBeGreaterThanOrEqual(2);
      });
    }

    more?.({ viewers, exchange: () => seen, site: () => site });
  });
});

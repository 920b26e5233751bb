import { join } from 'node:path';
import { jest } from '@jest/globals';
import puppeteer, { type Browser } from 'puppeteer-core';
import { chromiumCommand } from '../../harness/chromium.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { allLinked } from '../browser/support/all-linked.js';
import { describeFirefox, FirefoxViewer, launchFirefox } from '../browser/support/firefox.js';
import { hasFfmpeg, vodFeed } from '../browser/support/media.js';

jest.setTimeout(180_000);
const patient = { timeout: 60_000 };

/** 100 kbit/s, as bytes a second. */
const POOR = 12_500;
/** Segments that tell of the holder, and those that tell what came of it. */
const FIRST = 6;
const THEN = 10;
/** Keep pages going that nobody sees, of the tests' own flags and of the driver's. */
const AWAKE = /background-timer|backgrounding/;

interface Sums {
  readonly taken: number;
  readonly given: number;
  readonly origin: number;
}

/** Whoever has a segment first has to give it to all others: here one who can hardly give. */
(hasFfmpeg ? describe : describe.skip)('who is alone with new segments', () => {
  let cli: Cli;
  let chromium: Browser;
  let viewers: FirefoxViewer[] = [];

  beforeAll(async () => {
    const rendition = { name: 'live', width: 320, height: 180, kbps: 800 };
    const feed = vodFeed({ renditions: [rendition], segmentSeconds: 2, seconds: 240 });
    cli = await Cli.start(['-f', join(feed, 'live'), '-l']);
    const { executablePath, args } = chromiumCommand();
    chromium = await puppeteer.launch({
      executablePath,
      args: args.filter((flag) => !AWAKE.test(flag)),
      ignoreDefaultArgs: puppeteer.defaultArgs().filter((flag) => AWAKE.test(flag)),
      pipe: true,
    });
  });
  afterEach(async () => {
    await Promise.all(viewers.map((viewer) => viewer.close()));
    viewers = [];
  });
  afterAll(async () => {
    await chromium?.close();
    await cli?.stop();
  });

  const open = async (browser: Browser): Promise<FirefoxViewer> => {
    const viewer = await FirefoxViewer.open(browser, `${cli.url}?worker=0`);
    viewers.push(viewer);
    await viewer.playing(60_000);
    return viewer;
  };
  const sums = (): Promise<Sums[]> =>
    Promise.all(
      viewers.map(async (viewer) => {
        const { peerBytes: taken, uploadedBytes: given, originBytes: origin } = await viewer.stats();
        return { taken, given, origin };
      }),
    );
  /** What each took, gave and had from the origin while two who see well got so many segments. */
  const during = async (count: number): Promise<Sums[]> => {
    const before = await sums();
    const [, one] = viewers;
    const had = (await one?.segments())?.length ?? 0;
    await waitFor(`${count} segments`, async () => ((await one?.segments())?.length ?? 0) >= had + count, patient);
    const after = await sums();
    return after.map(({ taken, given, origin }, i) => ({
      taken: taken - (before[i]?.taken ?? 0),
      given: given - (before[i]?.given ?? 0),
      origin: origin - (before[i]?.origin ?? 0),
    }));
  };
  /** Two more come; what all took and gave once the first segments are over. */
  const joined = async (browser: Browser): Promise<Sums[]> => {
    await open(browser);
    await open(browser);
    await allLinked(viewers, patient);
    const first = await during(FIRST);
    const then = await during(THEN);
    console.info(JSON.stringify({ first, then }));
    return then;
  };
  const stalls = async (): Promise<unknown[]> =>
    Promise.all(viewers.map(async (viewer) => (await viewer.playback()).stalls));

  it('with an uplink of 100 kbit/s stalls nobody: the others have theirs of each other', async () => {
    const holder = await open(chromium);
    const session = await holder.page.createCDPSession();
    const limits = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: POOR };
    await session.send('Network.emulateNetworkConditions', limits);
    const [poor, ...others] = await joined(chromium);
    expect(await stalls()).toEqual([[], [], []]);
    // It gives what its uplink lets it, and nobody waits for that.
    expect(poor?.given).toBeLessThanOrEqual(POOR * 2 * (THEN + 5));
    for (const { given } of others) expect(given).toBeGreaterThan(poor?.given ?? 0);
  });

  const behindAnotherTab = async (browser: Browser): Promise<void> => {
    const holder = await open(browser);
    const other = await holder.page.browserContext().newPage();
    await other.bringToFront();
    expect(await holder.page.evaluate(() => document.hidden)).toBe(true);
    const [, ...others] = await joined(browser);
    await other.close();
    expect(await stalls()).toEqual([[], [], []]);
    for (const { taken } of others) expect(taken).toBeGreaterThan(0);
  };

  it('in a tab behind another one stalls nobody', () => behindAnotherTab(chromium));

  describeFirefox('in Firefox', () => {
    let firefox: Browser;

    beforeAll(async () => {
      firefox = await launchFirefox();
    });
    afterAll(() => firefox?.close());

    it('in a tab behind another one stalls nobody', () => behindAnotherTab(firefox));
  });
});

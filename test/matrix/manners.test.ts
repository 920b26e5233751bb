import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { chromiumFlags } from '../../harness/chromium.mjs';
import { Cli } from '../../harness/cli.mjs';
import { root } from '../../harness/page-files.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { freePort } from '../../harness/serve.mjs';
import { openViewerWith } from '../browser/support/loader-options.js';
import { hasFfmpeg, type LiveFeed, liveFfmpeg } from '../browser/support/media.js';
import type { Viewer } from '../browser/support/viewer.js';
import { openViewer } from '../browser/support/viewer.js';

jest.setTimeout(120_000);
const patient = { timeout: 60_000 };
const overlay = join(root, 'packages/p2p-loader/dist/overlay.js');

(hasFfmpeg ? describe : describe.skip)("a viewer's manners in Chromium", () => {
  let feed: LiveFeed;
  let cli: Cli;
  let browser: Browser;
  let viewers: Viewer[] = [];

  beforeAll(async () => {
    const rendition = { name: 'live', width: 320, height: 180, kbps: 1000 };
    feed = await liveFfmpeg({ renditions: [rendition], segmentSeconds: 2 }, 4);
    cli = await Cli.start(['-f', join(feed.folder, 'live')]);
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(viewers.map((viewer) => viewer.close()));
    viewers = [];
  });
  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
    await feed?.stop();
  });

  const keep = async (opening: Promise<Viewer>): Promise<Viewer> => {
    const viewer = await opening;
    viewers.push(viewer);
    await viewer.playing();
    return viewer;
  };
  const plain = (): Promise<Viewer> => keep(openViewer(browser, `${cli.url}?worker=0`));
  const special = (options: string, before?: () => void): Promise<Viewer> =>
    keep(openViewerWith(browser, `${cli.url}?worker=0`, options, before));
  const linked = (viewer: Viewer, links = 1) =>
    waitFor('a link', async () => (await viewer.stats()).links >= links, patient);
  /** Waits until the player got `count` segments more. */
  const watch = async (viewer: Viewer, count: number): Promise<void> => {
    const before = (await viewer.segments()).length;
    await waitFor(`${count} segments`, async () => (await viewer.segments()).length >= before + count, patient);
  };
  const noStall = async (): Promise<void> => {
    for (const viewer of viewers) expect((await viewer.playback()).stalls).toEqual([]);
  };

  it('connects nothing before consent, and shares once it is given in mid-play', async () => {
    await plain();
    const asked = await special('{ enabled: () => new Promise((answer) => { globalThis.consent = answer; }) }');
    await watch(asked, 2);
    expect(await asked.stats()).toMatchObject({ enabled: false, reason: 'awaiting-consent', trackerMessages: 0 });
    expect((await asked.peerConnections()).records).toEqual([]);
    expect(asked.socketMessages).toEqual([]);
    await asked.page.evaluate(() => (globalThis as unknown as { consent(yes: boolean): void }).consent(true));
    await linked(asked);
    await waitFor('bytes from the other', async () => (await asked.stats()).peerBytes > 0, patient);
    await noStall();
  });

  it('takes and never gives with the role `leech`', async () => {
    const taker = await special("{ role: 'leech' }");
    const other = await plain();
    await linked(taker);
    await waitFor('bytes from the other', async () => (await taker.stats()).peerBytes > 0, patient);
    await watch(other, 3);
    expect(await taker.stats()).toMatchObject({ uploadedBytes: 0, uploadPaused: 'upload-off' });
    expect((await other.stats()).peerBytes).toBe(0);
    await noStall();
  });

  it('gives up to `maxUploadBytes` and not a byte more', async () => {
    const capped = await special('{ maxUploadBytes: 400_000 }');
    const other = await plain();
    await linked(capped);
    await waitFor('the cap', async () => (await capped.stats()).uploadPaused === 'upload-cap', patient);
    await watch(other, 3);
    const { uploadedBytes } = await capped.stats();
    expect(uploadedBytes).toBeGreaterThan(0);
    expect(uploadedBytes).toBeLessThanOrEqual(400_000);
    await noStall();
  });

  it('keeps to `maxUploadRate`, and nobody stalls for those who give slowly', async () => {
    const rate = 60_000;
    const begun = Date.now();
    const slow = `{ maxUploadRate: ${rate} }`;
    await special(slow);
    await special(slow);
    const third = await special(slow);
    await linked(third, 2);
    await watch(third, 12);
    for (const viewer of viewers) {
      const { uploadedBytes } = await viewer.stats();
      const burst = 32 * 1024;
      expect(uploadedBytes).toBeLessThanOrEqual((rate * (Date.now() - begun)) / 1000 + burst);
    }
    await noStall();
  });

  it('leaves the mesh some time after it is hidden and paused, and is back when it is seen and plays', async () => {
    await plain();
    const hidden = await special('{ hiddenFor: 2_000 }');
    await linked(hidden);
    const show = (state: string): Promise<void> =>
      hidden.page.evaluate((visibility) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await show('hidden');
    await watch(hidden, 2);
    // It plays on in the background, and gives.
    expect(await hidden.stats()).toMatchObject({ enabled: true, links: 1 });
    await hidden.page.evaluate(() => document.querySelector('video')?.pause());
    await waitFor('sleep', async () => (await hidden.stats()).reason === 'asleep', patient);
    expect((await hidden.stats()).links).toBe(0);
    await show('visible');
    await hidden.page.evaluate(() => document.querySelector('video')?.play());
    await linked(hidden);
    await watch(hidden, 2);
    await noStall();
  });

  it('offers nobody an address of the local network with `localNetwork: never`, plays on, and says so', async () => {
    // With names instead of addresses, as in a browser that nobody has set up otherwise: they count as of the local network wherever this runs.
    const named = await launchBrowser({ args: chromiumFlags.filter((flag) => !flag.includes('WithMdns')) });
    try {
      const url = `${cli.url}?worker=0`;
      const usual = await keep(openViewer(named, url));
      const careful = await keep(openViewerWith(named, url, "{ localNetwork: 'never' }"));
      const described = ({ socketMessages }: Viewer): string =>
        socketMessages.flatMap(({ sent, text }) => (sent && text.includes('"sdp"') ? text : [])).join();
      await waitFor('offers of both', () => described(usual) !== '' && described(careful) !== '', patient);
      await watch(careful, 3);
      expect(described(usual)).toMatch(/\.local \d+ typ host/);
      expect(described(careful)).not.toContain('.local');
      // Beside each other, without a STUN server, they have no other way.
      expect(await careful.stats()).toMatchObject({ enabled: true, links: 0, peerBytes: 0, localNetwork: 'never' });
      await careful.page.route('**/overlay.js', (route) => route.fulfill({ path: overlay }));
      const shown = await careful.page.evaluate(async () => {
        const { showOverlay } = await import(new URL('/overlay.js', location.href).href);
        showOverlay(globalThis.liveTorrent);
        return document.body.lastElementChild?.shadowRoot?.textContent;
      });
      expect(shown).toContain('local networknot used: localNetwork is never');
      await noStall();
    } finally {
      await Promise.all(viewers.map((viewer) => viewer.close()));
      viewers = [];
      await named.close();
    }
  });

  it('plays by plain HTTP where the viewer saves data', async () => {
    await plain();
    const saver = await special('{}', () => {
      const connection = Object.assign(new EventTarget(), { saveData: true });
      Object.defineProperty(navigator, 'connection', { get: () => connection });
    });
    await watch(saver, 3);
    expect(await saver.stats()).toMatchObject({ enabled: false, reason: 'save-data', links: 0, trackerMessages: 0 });
    expect((await saver.peerConnections()).records).toEqual([]);
    await noStall();
  });

  it('plays by plain HTTP, and says why, with `relayOnly` and no TURN server', async () => {
    await plain();
    const relayed = await special('{ relayOnly: true, iceServers: [{ urls: "stun:127.0.0.1:3478" }] }');
    await watch(relayed, 3);
    expect(await relayed.stats()).toMatchObject({ enabled: false, reason: 'no-relay', links: 0 });
    expect((await relayed.peerConnections()).records).toEqual([]);
    await noStall();
  });

  it('finds the others by the tracker that answers, and by lists that functions give', async () => {
    await plain();
    const dead = `ws://127.0.0.1:${await freePort()}/announce`;
    const list = JSON.stringify([dead, `${cli.url.replace('http', 'ws')}announce`]);
    const viewer = await special(`{ announce: async () => ${list}, iceServers: async () => [] }`);
    await linked(viewer);
    await waitFor('bytes from the other', async () => (await viewer.stats()).peerBytes > 0, patient);
    await noStall();
  });

  it('reaches a tracker with a secret by a token only', async () => {
    const guarded = await Cli.start(['-f', join(feed.folder, 'live'), '--tracker-secret', 'a secret of this test']);
    try {
      const url = `${guarded.url}?worker=0`;
      const [a, b] = [await keep(openViewer(browser, url)), await keep(openViewer(browser, url))];
      const bare = JSON.stringify([`${guarded.url.replace('http', 'ws')}announce`]);
      const stranger = await keep(openViewerWith(browser, url, `{ announce: async () => ${bare} }`));
      for (const viewer of [a, b]) await linked(viewer);
      await watch(stranger, 3);
      expect((await stranger.stats()).links).toBe(0);
      expect((await guarded.stats()).tracker.peers).toBe(2);
      await noStall();
    } finally {
      await Promise.all(viewers.map((viewer) => viewer.close()));
      viewers = [];
      await guarded.stop();
    }
  });
});

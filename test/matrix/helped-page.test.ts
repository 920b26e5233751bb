import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { createHelper, type Helper } from '../../packages/helper/lib/index.js';
import { openViewer, type Viewer } from '../browser/support/viewer.js';
import { root } from '../support/packages.js';

jest.setTimeout(180_000);

/** What the page shows of helpers. */
interface Shown {
  readonly visible: boolean;
  readonly total: string;
  readonly text: string;
  /** The areas of the chart, and their heights in its units. */
  readonly helpers: { readonly fill: string; readonly height: number };
  readonly peers: { readonly fill: string; readonly height: number };
}

describe('the demo page beside a helper, in Chromium', () => {
  let cli: Cli;
  let helper: Helper;
  let browser: Browser;
  let viewer: Viewer;

  beforeAll(async () => {
    cli = await Cli.start(['-f', join(root, 'examples/feed'), '-l']);
    helper = createHelper({ url: `${cli.url}manifest.m3u8`, iceServers: [] });
    browser = await launchBrowser();
    viewer = await openViewer(browser, `${cli.url}?worker=0`);
    await viewer.playing(60_000);
  });
  afterAll(async () => {
    await browser?.close();
    await helper?.stop();
    await cli?.stop();
  });

  const shown = (): Promise<Shown> =>
    viewer.evaluate(() => {
      const area = (selector: string) => {
        const polygon = document.querySelector(selector) as SVGPolygonElement;
        const heights = (polygon.getAttribute('points') ?? '').split(' ').map((point) => Number(point.split(',')[1]));
        return { fill: getComputedStyle(polygon).fill, height: Math.max(...heights) - Math.min(...heights) };
      };
      const bytes = document.getElementById('helper-bytes') as HTMLElement;
      return {
        visible: bytes.checkVisibility(),
        total: bytes.textContent ?? '',
        text: document.getElementById('flow-text')?.textContent ?? '',
        helpers: area('#flow .area.helpers'),
        peers: area('#flow .area.peers'),
      };
    });

  it('shows what helpers gave: in the chart with a colour of its own, in the totals and in words', async () => {
    await waitFor('2 MB from the helper', async () => (await viewer.stats()).helperBytes > 2_000_000, {
      timeout: 120_000,
    });
    // What nobody sees is not drawn.
    await viewer.evaluate(() => document.getElementById('flow')?.scrollIntoView());
    const page = await waitFor('the chart and its text', async () => {
      const now = await shown();
      return /from helpers/.test(now.text) && now.helpers.height > 1 ? now : undefined;
    });
    expect(page).toMatchObject({ visible: true, total: expect.stringMatching(/^[1-9][\d.]* MB$/) });
    expect(page.helpers.fill).not.toBe(page.peers.fill);
    expect((await viewer.stats()).peerBytes).toBe(0);
    expect(viewer.errors).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { type Served, serve } from '../../harness/serve.mjs';
import { root } from '../support/packages.js';
import { buildReact } from '../support/react-example.js';

jest.setTimeout(120_000);

const TYPES: { readonly [extension: string]: string } = { '.html': 'text/html', '.js': 'text/javascript' };

describe('examples/react, in StrictMode', () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-react-'));
  let cli: Cli;
  let site: Served;
  let browser: Browser;
  const errors: string[] = [];
  beforeAll(async () => {
    const built = buildReact(folder, 'development');
    expect([built.status, built.stderr]).toEqual([0, '']);
    cli = await Cli.start(['-f', join(root, 'examples/feed'), '-l', '-s', 'false']);
    site = await serve((req, res) => {
      const { pathname } = new URL(req.url ?? '/', 'http://site');
      const path = pathname === '/' ? '/index.html' : pathname;
      if (!/^\/(index\.html|assets\/[\w.-]+)$/.test(path)) return void res.writeHead(404).end();
      res.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' }).end(readFileSync(folder + path));
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([site?.close(), cli?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/favicon/.test(message.location().url)) errors.push(message.text());
    });
    await page.goto(`${site.url}?src=${cli.url}manifest.m3u8`);
    await waitFor('the video', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0));
    return page;
  };
  const atTracker = (count: number): Promise<true> =>
    waitFor(`${count} viewers at the tracker`, async () => (await cli.stats()).tracker.peers === count, {
      timeout: 40_000,
    });

  it('is one viewer while it is mounted, and none after', async () => {
    const pages = [await open(), await open()];
    await atTracker(2);
    await waitFor('segments of the other viewer', async () => {
      const texts = await Promise.all(pages.map((page) => page.locator('figcaption').textContent()));
      return texts.some((text) => /^1 links, [1-9]/.test(text ?? ''));
    });
    await pages[1]?.getByRole('button').click();
    await atTracker(1);
    await pages[1]?.getByRole('button').click();
    await atTracker(2);
    expect(errors).toEqual([]);
  });
});

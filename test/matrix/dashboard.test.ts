import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { root } from '../support/packages.js';

jest.setTimeout(90_000);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('/dashboard', () => {
  let cli: Cli;
  let browser: Browser;
  beforeAll(async () => {
    cli = await Cli.start(['-f', join(root, 'examples/feed'), '-l']);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
  });

  const opened = async (colorScheme: 'light' | 'dark'): Promise<{ page: Page; said: string[]; asked: string[] }> => {
    const page = await (await browser.newContext({ colorScheme })).newPage();
    const [said, asked]: string[][] = [[], []];
    page.on('console', (message) => void said?.push(message.text()));
    page.on('pageerror', (error) => void said?.push(error.message));
    page.on('request', (request) => void asked?.push(request.url()));
    await page.goto(`${cli.url}dashboard`);
    return { page, said: said ?? [], asked: asked ?? [] };
  };
  const tile = (page: Page, name: string): Promise<string | null> =>
    page.locator(`#tiles div:has(dt:text-is("${name}")) dd`).textContent();

  it.each(['light', 'dark'] as const)('shows the figures that stats.json has, in %s', async (colorScheme) => {
    const { page, said, asked } = await opened(colorScheme);
    const playlist = await (await fetch(`${cli.url}manifest.m3u8`)).text();
    await (await fetch(`${cli.url}${/^segments\/.*$/m.exec(playlist)?.[0]}`)).arrayBuffer();
    await waitFor('the figure of stats.json', async () => {
      const { segmentsHashed } = await cli.stats();
      return segmentsHashed > 0 && (await tile(page, 'Segments hashed')) === String(segmentsHashed);
    });
    await waitFor('what was sent', async () => /\d [kM]B/.test((await tile(page, 'Sent from here')) ?? ''));
    const drawn = (): Promise<boolean[]> =>
      page.evaluate(() =>
        [...document.querySelectorAll('canvas')].map((canvas) =>
          new Uint32Array(
            canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.buffer ?? new ArrayBuffer(0),
          ).some((pixel) => pixel !== 0),
        ),
      );
    await waitFor('eight charts', async () => (await drawn()).filter(Boolean).length === 8);
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string; help: string }[] };
    expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
    // Its Content-Security-Policy forbids nothing of it, and it needs nobody else.
    expect(said).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(cli.url))).toEqual([]);
    await page.context().close();
  });

  it('says so when the server does not answer, and goes on when it does', async () => {
    const { page } = await opened('light');
    await waitFor('figures', async () => (await tile(page, 'Viewers')) === '0');
    await page.route('**/metrics', (route) => route.abort());
    await waitFor('the word', () => page.locator('#trouble').isVisible());
    await page.unroute('**/metrics');
    await waitFor('that it is there again', () => page.locator('#trouble').isHidden());
    await page.context().close();
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import sirv from 'sirv';
import { launchBrowser } from '../../harness/browser.mjs';
import { type Served, serve } from '../../harness/serve.mjs';
import { estimate, figure, money } from '../../packages/cli/src/estimate/estimate.js';
import { root } from '../support/packages.js';

jest.setTimeout(240_000);

describe('the documentation site', () => {
  let folder: string;
  let site: Served;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'live-torrent-site-'));
    const built = spawnSync('npx', ['vitepress', 'build', 'docs', '--outDir', folder], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
    site = await serve(sirv(folder));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A page of the site, which asks nobody else for anything. */
  async function open(path: string, asked: string[] = []): Promise<Page> {
    const page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => asked.push(`error: ${error.message}`));
    await page.goto(site.url + path, { waitUntil: 'networkidle' });
    return page;
  }

  it('has no link that leads to no page, file or heading', () => {
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
    const texts = new Map(pages.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
    const broken = [...texts].flatMap(([page, text]) =>
      [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)].flatMap(([, link = '']) => {
        if (/^[a-z]+:/i.test(link)) return [];
        const { pathname, hash } = new URL(link.replaceAll('&amp;', '&'), `http://site/${page}`);
        const path = decodeURIComponent(pathname.slice(1)).replace(/(^|\/)$/, '$1index.html');
        const target = texts.has(`${path}.html`) ? `${path}.html` : path;
        const found = existsSync(join(folder, target));
        const named = !hash || texts.get(target)?.includes(`="${decodeURIComponent(hash.slice(1))}"`) !== false;
        return found && named ? [] : [`${page}: ${link}`];
      }),
    );
    expect(pages.length).toBeGreaterThan(50);
    expect(broken).toEqual([]);
  });

  it('asks no other host for anything', async () => {
    const asked: string[] = [];
    const page = await open('', asked);
    expect(asked.filter((what) => !what.startsWith(site.url) && !what.startsWith('data:'))).toEqual([]);
    expect(await page.locator('h1').first().textContent()).toContain('live-torrent');
    await page.close();
  });

  it('reckons savings as `live-torrent estimate` does', async () => {
    const page = await open('savings.html');
    await page.locator('.calculator [name=viewers]').fill('250');
    await page.locator('.calculator [name=price]').fill('0.08');
    const cells = await page.locator('.calculator td').allTextContents();
    const its = estimate({ viewers: 250, bitrate: 4, hours: 1, price: 0.08, share: undefined });
    expect(cells).toEqual([
      ...[`${figure(its.delivered)} GB`, '0 GB', money(its.plainCost)],
      ...[`${figure(its.fromOrigin)} GB`, `${figure(its.delivered - its.fromOrigin)} GB`, money(its.cost)],
      ...['', `${(100 * its.share).toFixed(1)} %`, money(its.plainCost - its.cost)],
    ]);
    await page.locator('.calculator [name=viewers]').fill('0');
    expect(await page.locator('.calculator [role=alert]').count()).toBe(1);
    await page.close();
  });

  it('finds an exported name by its search', async () => {
    const page = await open('guides.html');
    await page.locator('.VPNavBarSearch button').click();
    await page.locator('#localsearch-input').fill('createP2PLoader');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    await page.close();
  });

  it('is dark where the system is', async () => {
    const context = await browser.newContext({ colorScheme: 'dark' });
    const page = await context.newPage();
    await page.goto(`${site.url}faq.html`);
    expect(await page.locator('html.dark').count()).toBe(1);
    await context.close();
  });
});

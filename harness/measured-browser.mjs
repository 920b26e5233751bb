// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { chromiumCommand, chromiumCommandBy } from './chromium.mjs';

/**
 * A headless Chromium whose processor time is measured, with nothing that watches its pages; its viewers have a context each.
 * @param {{ namespace?: string, secureOrigin?: string }} [options]
 *   namespace: the network namespace to run in; secureOrigin: a plain HTTP origin that may have service workers
 */
export async function startBrowser({ namespace, secureOrigin } = {}) {
  const folder = namespace === undefined ? undefined : mkdtempSync(join(tmpdir(), 'live-torrent-bench-'));
  const forget = () => folder && rmSync(folder, { recursive: true, force: true });
  const { executablePath, args } =
    namespace === undefined || folder === undefined
      ? chromiumCommand()
      : chromiumCommandBy(['ip', 'netns', 'exec', namespace], folder);
  const flags = secureOrigin ? [`--unsafely-treat-insecure-origin-as-secure=${secureOrigin}`] : [];
  const browser = await puppeteer
    .launch({
      executablePath,
      args: [...args, ...flags],
      // Reaches a browser in another network namespace, too.
      pipe: true,
      defaultViewport: { width: 1280, height: 720 },
      // What watches requests for a developer keeps a copy of each body, in the viewers that ask the network for it.
      networkEnabled: false,
      issuesEnabled: false,
    })
    .catch((error) => {
      forget();
      throw error;
    });
  const devtools = await browser.target().createCDPSession();
  return {
    version: (await browser.version()).replace(/^.*\//, ''),
    /**
     * Opens a page in a context of its own.
     * @param {string} url
     * @param {() => void} [before] runs in the page before its own scripts
     */
    async join(url, before) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      if (before) await page.evaluateOnNewDocument(before);
      page.on('pageerror', (error) => console.error(`  page: ${error}`));
      if (process.env.BENCH_DEBUG) page.on('console', (message) => console.error(`  console: ${message.text()}`));
      await page.goto(url);
      return { page, devtools: () => page.createCDPSession(), close: () => context.close() };
    },
    /** The browser's processes, with the CPU seconds that each has used. */
    async processes() {
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
      return processInfo.map(({ id, type, cpuTime }) => ({ pid: id, type, cpuSeconds: cpuTime }));
    },
    async close() {
      await browser.close();
      forget();
    },
  };
}

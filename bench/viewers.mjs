// @ts-check
import { chromium } from 'playwright-core';
import { chromiumFlags } from '../scripts/chromium-flags.mjs';
import { findChromium } from '../scripts/find-browser.mjs';

/** One headless Chromium in which each viewer has a context of its own. */
export async function startBrowser() {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium found: set CHROME_PATH');
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  const devtools = await browser.newBrowserCDPSession();
  return {
    /** @param {string} url */
    async join(url) {
      const context = await browser.newContext();
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(`  page: ${error.message}`));
      if (process.env.BENCH_DEBUG) page.on('console', (message) => console.error(`  console: ${message.text()}`));
      await page.goto(url);
      return { page, close: () => context.close() };
    },
    /** CPU seconds so far, by process type. */
    async cpu() {
      const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
      /** @type {Record<string, number>} */
      const seconds = { total: 0 };
      for (const { type, cpuTime } of processInfo) {
        seconds[type] = (seconds[type] ?? 0) + cpuTime;
        seconds.total = (seconds.total ?? 0) + cpuTime;
      }
      return seconds;
    },
    close: () => browser.close(),
  };
}

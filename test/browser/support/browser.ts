import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { chromiumFlags } from '../../../scripts/chromium-flags.mjs';
import { findChromium } from '../../../scripts/find-browser.mjs';
import { Viewer } from './viewer.js';

/**
 * Starts Chromium, headless.
 * @throws Error when there is none
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: run npm test, or name one by CHROME_PATH');
  return await chromium.launch({ executablePath, headless: true, args: chromiumFlags, ...options });
}

/** Opens `url` as a viewer of its own: nothing is shared with other viewers (cache, storage, workers, process). */
export async function openViewer(browser: Browser, url: string): Promise<Viewer> {
  const viewer = await Viewer.create(browser);
  await viewer.page.goto(url);
  return viewer;
}

import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../../scripts/find-browser.mjs';
import { Viewer } from './viewer.js';

/** Keeps timers and WebRTC of all viewers going as they would in a visible window, on loopback, without side traffic. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--mute-audio',
];

/**
 * Starts Chromium, headless.
 * @throws Error when there is none
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: run npm test, or name one by CHROME_PATH');
  return await chromium.launch({ executablePath, headless: true, args: flags });
}

/** Opens `url` as a viewer of its own: nothing is shared with other viewers (cache, storage, workers, process). */
export async function openViewer(browser: Browser, url: string): Promise<Viewer> {
  const viewer = await Viewer.create(browser);
  await viewer.page.goto(url);
  return viewer;
}

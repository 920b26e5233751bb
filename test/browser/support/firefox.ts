import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findFirefox } from '../../../scripts/find-browser.mjs';
import { describeWith } from './optional-browser.js';
import { probes } from './probes.js';
import { WatchedPage } from './watched-page.js';

const executablePath = findFirefox();
export const hasFirefox = executablePath !== undefined;

/** `describe` of tests that need Firefox. */
export const describeFirefox = describeWith(
  executablePath,
  'no Firefox (Debian, as root: apt-get install firefox-esr; or name one by FIREFOX_PATH)',
);

const preferences = {
  // Viewers on loopback, whose names no mDNS responder knows.
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
};

/**
 * Starts Firefox, headless, driven by WebDriver BiDi.
 * @param privateBrowsing whether its windows are private ones
 * @throws Error when there is none
 */
export async function launchFirefox(privateBrowsing = false): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no Firefox');
  return await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: { ...preferences, 'browser.privatebrowsing.autostart': privateBrowsing },
  });
}

/** One viewer in Firefox: a window of its own. */
export class FirefoxViewer extends WatchedPage {
  private constructor(readonly page: Page) {
    super();
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
  }

  /** Opens `url`; where windows are not private, nothing is shared with other viewers. */
  static async open(browser: Browser, url: string, privateBrowsing = false): Promise<FirefoxViewer> {
    const context = privateBrowsing ? browser.defaultBrowserContext() : await browser.createBrowserContext();
    // A tab behind another one is hidden, and its timers are slow.
    const page = await context.newPage({ type: 'window' });
    for (const [probe, argument] of probes) {
      await page.evaluateOnNewDocument(probe as (argument: unknown) => void, argument);
    }
    const viewer = new FirefoxViewer(page);
    await page.goto(url);
    return viewer;
  }

  async evaluate<T>(script: () => T | Promise<T>): Promise<T> {
    return (await this.page.evaluate(script)) as T;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

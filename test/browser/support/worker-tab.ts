import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { waitFor } from '../../../harness/poll.mjs';
import { probes } from './probes.js';
import { WatchedPage } from './watched-page.js';

/** A request of the player that did not succeed, as hls.js told it. */
export interface BrokenRequest {
  /** ms since navigation start. */
  readonly at: number;
  readonly details: string;
  /** Whether hls.js gave up. */
  readonly fatal: boolean;
  readonly url?: string;
}

declare global {
  /** What went wrong in `/play.html` so far. */
  var __broken: BrokenRequest[];
}

/** A `/play.html` of a `WorkerSite`, in a tab or a frame. */
export class WorkerTab extends WatchedPage {
  constructor(readonly frame: Frame) {
    super();
    frame.page().on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
  }

  evaluate<T>(script: () => T | Promise<T>): Promise<T> {
    return this.frame.evaluate(script);
  }

  close(): Promise<void> {
    return this.frame.page().close();
  }

  broken(): Promise<BrokenRequest[]> {
    return this.evaluate(() => globalThis.__broken);
  }

  /** Whether a worker controls the page. */
  controlled(): Promise<boolean> {
    return this.evaluate(() => navigator.serviceWorker.controller !== null);
  }

  /** Waits until another `seconds` of media have been played, or `segments` segments have come. */
  async playsOn(seconds: number): Promise<void> {
    const { currentTime } = await this.playback();
    await waitFor(`${seconds} s of play`, async () => (await this.playback()).currentTime > currentTime + seconds, {
      timeout: 45_000,
    });
  }

  /** Waits until the player was given `count` segments more through peers' code: the loader's, not the network's. */
  async delivers(count: number): Promise<void> {
    const delivered = async () => Object.values((await this.stats()).segments).reduce((sum, part) => sum + part, 0);
    const before = await delivered();
    await waitFor(`${count} segments of the loader`, async () => (await delivered()) >= before + count, {
      timeout: 45_000,
    });
  }

  /** What the loader warned of since the page was opened. */
  warnings(): Promise<string[]> {
    return this.evaluate(() => (globalThis as { __warnings?: string[] }).__warnings ?? []);
  }
}

/** A browser profile of its own, in which tabs share workers. */
export async function workerContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 480, height: 360 } });
  for (const [probe, argument] of probes) await context.addInitScript(probe as (argument: unknown) => void, argument);
  return context;
}

/** Opens a tab and waits until it plays. */
export async function openTab(context: BrowserContext, url: string): Promise<WorkerTab> {
  const page = await context.newPage();
  await page.goto(url);
  return playingTab(page);
}

/** The tab of a page that has been opened, when it plays. */
export async function playingTab(page: Page): Promise<WorkerTab> {
  const tab = new WorkerTab(page.mainFrame());
  await tab.playing(30_000);
  return tab;
}

/** URLs of segments that the player got with other bytes than those of the file. */
export async function wrongBytes(tab: WorkerTab, folder: string): Promise<string[]> {
  const played = await tab.segments();
  if (played.length === 0) throw new Error('nothing was played');
  return played.flatMap(({ url, sha256 }) => {
    const file = readFileSync(join(folder, basename(new URL(url).pathname)));
    return createHash('sha256').update(file).digest('hex') === sha256 ? [] : [url];
  });
}

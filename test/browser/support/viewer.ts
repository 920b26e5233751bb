import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { LoaderStats } from '../../../packages/p2p-loader/src/stats.js';
import { waitFor } from './poll.js';
import { type PeerConnectionRecord, type PlayedSegment, probes, type Stall } from './probes.js';

/** One WebSocket message of the page. */
export interface SocketMessage {
  /** `Date.now()` when it was seen. */
  readonly at: number;
  readonly url: string;
  readonly sent: boolean;
  readonly text: string;
}

/** The player's state. */
export interface Playback {
  /** s */
  readonly currentTime: number;
  /** Media buffered beyond the current time, s. */
  readonly ahead: number;
  /** First frame, ms since navigation start; `undefined` before. */
  readonly firstPlaying: number | undefined;
  /** Frames decoded so far. */
  readonly frames: number;
  readonly stalls: readonly Stall[];
  readonly paused: boolean;
  readonly error: string | undefined;
}

declare global {
  var liveTorrent: { readonly stats: LoaderStats };
}

/** One viewer: a browser context of its own with one page. */
export class Viewer {
  /** Console errors and uncaught errors of the page, in order. */
  readonly errors: string[] = [];
  /** Messages of all WebSockets of the page. */
  readonly socketMessages: SocketMessage[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('websocket', (socket) => {
      const note = (sent: boolean) => (frame: { payload: string | Buffer }) =>
        this.socketMessages.push({ at: Date.now(), url: socket.url(), sent, text: frame.payload.toString() });
      socket.on('framesent', note(true));
      socket.on('framereceived', note(false));
    });
  }

  static async create(browser: Browser): Promise<Viewer> {
    const context = await browser.newContext({ viewport: { width: 640, height: 480 } });
    for (const [probe, argument] of probes) await context.addInitScript(probe as (argument: unknown) => void, argument);
    return new Viewer(context, await context.newPage());
  }

  playback(): Promise<Playback> {
    return this.page.evaluate(() => {
      const video = document.querySelector('video');
      if (!video) throw new Error('the page has no <video>');
      const { currentTime, buffered, paused, error } = video;
      let ahead = 0;
      for (let i = 0; i < buffered.length; i++) {
        if (buffered.start(i) <= currentTime + 0.1) ahead = Math.max(ahead, buffered.end(i) - currentTime);
      }
      const { firstPlaying, stalls } = globalThis.__probes;
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      return { currentTime, ahead, firstPlaying, frames, stalls, paused, error: error?.message };
    });
  }

  /** Waits until the first frame is shown. Resolves to the time from navigation start to it, ms. */
  async playing(timeout = 15_000): Promise<number> {
    try {
      return await waitFor('first frame', async () => (await this.playback()).firstPlaying, { timeout });
    } catch (error) {
      throw new Error([(error as Error).message, ...this.errors].join('\n'));
    }
  }

  /** `liveTorrent.stats` of the page. */
  stats(): Promise<LoaderStats> {
    return this.page.evaluate(() => structuredClone(globalThis.liveTorrent.stats));
  }

  /** Every segment that hls.js got so far. */
  segments(): Promise<PlayedSegment[]> {
    return this.page.evaluate(() => globalThis.__probes.segments);
  }

  /** Every RTCPeerConnection that was made so far, and this page's time now, ms since navigation start. */
  peerConnections(): Promise<{ now: number; records: PeerConnectionRecord[] }> {
    return this.page.evaluate(() => ({ now: performance.now(), records: globalThis.__probes.peerConnections }));
  }

  /** Ends the page's process without a goodbye, as a crash or a pulled plug does. */
  async kill(): Promise<void> {
    const session = await this.context.newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // The answer never comes: who should give it is gone.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await this.context.close();
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

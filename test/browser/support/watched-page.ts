import { waitFor } from '../../../harness/poll.mjs';
import type { LoaderStats } from '../../../packages/p2p-loader/src/figures/stats.js';
import type { PeerConnectionRecord, PlayedSegment, Stall } from './probes.js';

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

/** A page with the probes in it, whichever browser it is in and however that is driven. */
export abstract class WatchedPage {
  /** Console errors and uncaught errors of the page, in order. */
  readonly errors: string[] = [];

  /** WebSocket messages that the page sent so far; `undefined` where the browser does not tell. */
  get messagesSent(): number | undefined {
    return undefined;
  }

  /** Runs `script` in the page; it uses nothing from outside itself. */
  abstract evaluate<T>(script: () => T | Promise<T>): Promise<T>;

  playback(): Promise<Playback> {
    return this.evaluate(() => {
      const videoOf = (root: Document | ShadowRoot): HTMLVideoElement | undefined => {
        const video = root.querySelector('video');
        if (video) return video;
        const inside = [...root.querySelectorAll('*')].map(({ shadowRoot }) => shadowRoot && videoOf(shadowRoot));
        return inside.find((found) => found) ?? undefined;
      };
      const video = videoOf(document);
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
      // Not asked of the element: some players take their time to make it.
      return await waitFor('first frame', () => this.evaluate(() => globalThis.__probes.firstPlaying), { timeout });
    } catch (error) {
      throw new Error([(error as Error).message, ...this.errors].join('\n'));
    }
  }

  /** `liveTorrent.stats` of the page. */
  stats(): Promise<LoaderStats> {
    return this.evaluate(() => structuredClone(globalThis.liveTorrent.stats));
  }

  /** Every segment that hls.js got so far. */
  segments(): Promise<PlayedSegment[]> {
    return this.evaluate(() => globalThis.__probes.segments);
  }

  /** Every error of hls.js so far. */
  hlsErrors(): Promise<string[]> {
    return this.evaluate(() => globalThis.__probes.hlsErrors);
  }

  /** Every RTCPeerConnection that was made so far, and this page's time now, ms since navigation start. */
  peerConnections(): Promise<{ now: number; records: PeerConnectionRecord[] }> {
    return this.evaluate(() => ({ now: performance.now(), records: globalThis.__probes.peerConnections }));
  }

  abstract close(): Promise<void>;
}

import type { Browser } from 'playwright-core';
import { waitFor } from '../../../harness/poll.mjs';
import type { Archive } from './archive.js';
import type { Viewer } from './viewer.js';
import { openViewer } from './viewer.js';

/** What one viewer went through while its encoder was killed and started again. */
export interface Restarted {
  /** Segments that it got from the encoder that was started again. */
  readonly after: number;
  /** Segments whose bytes the encoder has never listed. */
  readonly wrong: readonly string[];
  /** Time that play stood still after the encoder was killed, s. */
  readonly stalled: number;
  /** Payload bytes from the other viewer; 0 where the page has no P2P. */
  readonly peerBytes: number;
  /** What hls.js called an error: its details, and the reason. */
  readonly errors: readonly string[];
}

declare global {
  /** Errors of hls.js, also those that it gets over. */
  var hlsErrors: string[];
}

/** Opens a page that has its hls.js at `globalThis.hls`, and waits until it plays. */
export async function openRecorded(browser: Browser, url: string): Promise<Viewer> {
  const viewer = await openViewer(browser, url);
  await waitFor('hls.js', () =>
    viewer.page.evaluate(() => {
      interface Emitter {
        on(event: 'hlsError', listener: (event: string, data: { details: string; error?: Error }) => void): void;
      }
      const { hls } = globalThis as unknown as { hls?: Emitter };
      globalThis.hlsErrors = [];
      hls?.on('hlsError', (_event, { details, error }) => globalThis.hlsErrors.push(`${details}: ${error?.message}`));
      return hls !== undefined;
    }),
  );
  await viewer.playing(30_000);
  return viewer;
}

/**
 * Waits until each viewer has got `count` segments that were first seen after `started`, and plays on; both times are `Date.now()`.
 * One that does not get there in time is told by `after`.
 */
export async function playedOn(
  viewers: readonly Viewer[],
  archive: Archive,
  { killed, started }: { readonly killed: number; readonly started: number },
  count: number,
  timeout: number,
): Promise<Restarted[]> {
  const reached = async (viewer: Viewer): Promise<boolean> => {
    const segments = await viewer.segments();
    return segments.filter(({ sha256 }) => archive.has(sha256, started)).length >= count;
  };
  await waitFor('play after the restart', async () => (await Promise.all(viewers.map(reached))).every(Boolean), {
    timeout,
    interval: 500,
  }).catch(() => undefined);
  return Promise.all(viewers.map((viewer) => restarted(viewer, archive, killed, started)));
}

async function restarted(viewer: Viewer, archive: Archive, killed: number, started: number): Promise<Restarted> {
  const [segments, { stalls }, { peerBytes }, errors, origin] = await Promise.all([
    viewer.segments(),
    viewer.playback(),
    viewer.stats(),
    viewer.page.evaluate(() => globalThis.hlsErrors),
    viewer.page.evaluate(() => performance.timeOrigin),
  ]);
  return {
    after: segments.filter(({ sha256 }) => archive.has(sha256, started)).length,
    wrong: segments
      .filter(({ sha256 }) => !archive.has(sha256))
      .map(({ url, mediaSequence, length }) => `${url} (${mediaSequence}, ${length} bytes)`),
    stalled: stalls
      .filter(({ at, duration }) => origin + at + duration > killed)
      .reduce((sum, { duration }) => sum + duration / 1000, 0),
    peerBytes,
    errors,
  };
}

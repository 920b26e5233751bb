import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMagnetizer } from '@live-torrent/manifest-magnetizer';
import { folderReader } from '@live-torrent/manifest-magnetizer/node';
import type { Browser } from 'playwright-core';
import type { Origin } from '../../../harness/origin.mjs';
import { pageScripts, root } from '../../../harness/page-files.mjs';
import { waitFor } from '../../../harness/poll.mjs';
import { startTracker } from '../../../harness/tracker.mjs';
import { startFolderOrigin } from './folder-origin.js';
import type { PlayedSegment } from './probes.js';
import type { Viewer } from './viewer.js';
import { openViewer } from './viewer.js';

/**
 * `?src=PLAYLIST` plays it by hls.js with the loader's `hlsConfig()`; with `&worker` through the service worker, with `&consent`
 * by plain HTTP until `consent()`, with `&plain` by hls.js as it is, with `&start=SECONDS` from there on, with `&credentials` where
 * playlists are asked for with them.
 */
export const playerPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<video id="player" muted autoplay playsinline></video>
<script type="module">
import Hls from './hls.js';
import { createP2PLoader } from './p2p-loader.js';
const query = new URLSearchParams(location.search);
const worker = query.has('worker') ? navigator.serviceWorker : undefined;
const video = document.getElementById('player');
const consented = new Promise((resolve) => (globalThis.consent = () => resolve(true)));
const loader = createP2PLoader({
  iceServers: [],
  ...(worker && { serviceWorker: worker }),
  ...(query.has('consent') && { enabled: () => consented }),
});
globalThis.liveTorrent = loader;
loader.attachMedia(video);
if (worker) {
  const controlled = new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
  await worker.register('./sw.js');
  if (!worker.controller) await controlled;
}
const started = loader.start();
if (!query.has('consent')) await started;
const xhrSetup = (xhr) => (xhr.withCredentials = query.has('credentials'));
const p2p = worker || query.has('plain') ? {} : loader.hlsConfig();
const hls = new Hls({ xhrSetup, ...p2p, startPosition: Number(query.get('start') ?? -1) });
globalThis.hls = hls;
globalThis.fatal = [];
globalThis.liveEdge = () => hls.liveSyncPosition;
hls.on(Hls.Events.ERROR, (_event, { fatal, details, error }) => fatal && globalThis.fatal.push(details + ' ' + error));
hls.loadSource(query.get('src'));
hls.attachMedia(video);
</script>`;

/** A folder with that page and what it loads. */
export function pageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-page-'));
  for (const [path, file] of Object.entries(pageScripts)) symlinkSync(join(root, file), join(folder, path));
  writeFileSync(join(folder, 'index.html'), playerPage);
  return folder;
}

declare global {
  /** Fatal errors of hls.js. */
  var fatal: string[];
  /** Where hls.js would play a live stream now, s. */
  var liveEdge: () => number | null;
  /** The viewer agrees that peers are used. */
  var consent: () => void;
}

/** How a viewer plays. */
export interface Way {
  /** Through the service worker; else by `hlsConfig()`. */
  readonly worker: boolean;
  /** Where the player starts, s; default: where hls.js does. */
  readonly start?: number;
  /** By plain HTTP, until the page's `consent()` is called. */
  readonly consent?: boolean;
}

export interface FeedSiteOptions {
  /** The feeds' folder, served as `/feed/`. */
  readonly folder: string;
  /** Segments of a live window; video on demand when left out. */
  readonly liveWindow?: number;
  /** Segments that an EVENT playlist has at the start; it grows. */
  readonly growingEvent?: number;
  /** Bytes a second of each answer of the origin; default: no limit. */
  readonly rate?: number;
}

/** Waits until both viewers have their link. */
export async function linked(viewers: readonly Viewer[]): Promise<void> {
  const links = () => Promise.all(viewers.map(async (viewer) => (await viewer.stats()).links));
  await waitFor('a link', async () => (await links()).every((count) => count === 1));
}

/** A site: the feeds with their magnets, a page that plays them, and a tracker. */
export class FeedSite {
  private constructor(
    readonly origin: Origin,
    private readonly folder: string,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async start({ folder: feed, ...options }: FeedSiteOptions): Promise<FeedSite> {
    const folder = pageFolder();
    symlinkSync(feed, join(folder, 'feed'));
    const tracker = await startTracker();
    const magnetizer = createMagnetizer({ ...folderReader({ folder }), announce: [tracker.url], timeBudget: 2_000 });
    const origin = await startFolderOrigin({
      folder,
      ...options,
      rewrite: (playlist, url) => magnetizer.magnetize(playlist, { url }),
    });
    return new FeedSite(origin, folder, async () => {
      await Promise.all([origin.close(), tracker.close()]);
      magnetizer.close();
      rmSync(folder, { recursive: true });
    });
  }

  /** Opens a viewer of a playlist, given by its path below the feeds' folder, and waits until it plays. */
  async open(browser: Browser, playlist: string, { worker, start, consent }: Way): Promise<Viewer> {
    const way = `${worker ? '&worker' : ''}${start === undefined ? '' : `&start=${start}`}${consent ? '&consent' : ''}`;
    const viewer = await openViewer(browser, `${this.origin.url}index.html?src=feed/${playlist}${way}`);
    await viewer.playing(30_000);
    return viewer;
  }

  /** Opens two viewers, the second when the first plays, and waits until they are linked. */
  async openTwo(browser: Browser, playlist: string, way: Way): Promise<[Viewer, Viewer]> {
    const two: [Viewer, Viewer] = [await this.open(browser, playlist, way), await this.open(browser, playlist, way)];
    if (!way.consent) await linked(two);
    return two;
  }

  /** Of the segments that a player got, those that are not the bytes that the origin has there. */
  wrong(played: readonly PlayedSegment[]): string[] {
    return played
      .filter(({ url, range, sha256 }) => {
        const file = readFileSync(join(this.folder, decodeURIComponent(new URL(url).pathname)));
        const bytes = range ? file.subarray(range.start, range.end) : file;
        return createHash('sha256').update(bytes).digest('hex') !== sha256;
      })
      .map(({ url, range }) => `${url} ${range ? `${range.start}-${range.end}` : ''}`);
  }

  close(): Promise<unknown> {
    return this.end();
  }
}

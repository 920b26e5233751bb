import { readSegments, type SegmentList } from '@live-torrent/manifest-magnetizer';
import type { ViewingOptions } from '../options.js';
import { Follower, type LoadedPlaylist } from '../playlists/follower.js';
import { loadPlaylist } from '../playlists/load-playlist.js';
import { retryDelay } from '../playlists/reload.js';
import { chooseRenditions } from '../playlists/renditions.js';
import type { ViewerStats } from '../stats.js';
import { readVariants } from '../vendor/m3u8-parser.js';
import { Viewer } from './viewer.js';

/** Between two reports, ms. */
const REPORT_MS = 1_000;
/** A live playlist that has ended is still played by those behind: its segments are given for this long, ms. */
const AFTERWARDS_MS = 60_000;
/** Between two of many viewers that join, ms: as people come. */
const JOIN_MS = 200;
/** A viewer that takes and gives nothing for this long says why, ms. */
const IDLE_MS = 10_000;
/** After a viewer's last word to its links, until its connections end, ms. */
const LAST_WORD_MS = 300;

export interface ViewingEvents {
  onStats(stats: { readonly viewers: readonly ViewerStats[]; readonly memory: number; readonly cpu: number }): void;
  onWarning(message: string): void;
  /** @param failure why it cannot be done at all; undefined: it is over */
  onEnded(failure: string | undefined): void;
}

/** Why a viewer may be idle for good, for who started it. */
const REASONS: Readonly<Record<string, string>> = {
  'no-stream': 'no playlist has magnet links: is it magnetized?',
  'no-tracker': 'the playlist names no tracker, and none was given',
};

/** All viewers of a helper. They share the playlists that one of them loads. */
export class Viewing {
  readonly #viewers: Viewer[] = [];
  #followers: Follower[] = [];
  #open = 0;
  #stopped = false;
  #failures = 0;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** The last of each playlist, for viewers who come later. */
  readonly #loaded = new Map<string, { readonly playlist: LoadedPlaylist; readonly list: SegmentList }>();
  #multivariant: LoadedPlaylist | undefined;
  #toldReason: string | undefined;

  constructor(
    private readonly options: ViewingOptions,
    private readonly announce: () => Promise<readonly string[]>,
    private readonly events: ViewingEvents,
  ) {
    const report = setInterval(() => this.#report(), REPORT_MS);
    this.#timers.add(report);
    void this.#begin();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const follower of this.#followers) follower.stop();
    this.#report();
    for (const viewer of this.#viewers) viewer.stop();
    await new Promise((resolve) => setTimeout(resolve, LAST_WORD_MS));
  }

  async #begin(): Promise<void> {
    const { url, renditions, all } = this.options;
    let loaded: LoadedPlaylist;
    try {
      loaded = await this.#load(url);
    } catch (error) {
      this.#failures += 1;
      this.events.onWarning(`the playlist did not load: ${error instanceof Error ? error.message : error}`);
      return this.#after(retryDelay(this.#failures, Math.random()), () => void this.#begin());
    }
    if (this.#stopped) return;
    const uris = chooseRenditions(readVariants(loaded.text), renditions);
    if (uris.length === 0) {
      if (readSegments(loaded.text, loaded.url).endList && !all)
        return this.events.onEnded('the playlist is a recording (EXT-X-ENDLIST), which the option "all" holds');
    } else this.#multivariant = loaded;
    this.#followers = (uris.length > 0 ? uris : [loaded.requested]).map(
      (uri) =>
        new Follower(new URL(uri, loaded.url).href, (of) => this.#load(of), {
          onPlaylist: (playlist, list) => {
            this.#loaded.set(playlist.requested, { playlist, list });
            for (const viewer of this.#viewers) viewer.playlist(playlist, list);
          },
          onEnded: () => this.#playlistEnded(),
          onWarning: (message) => this.events.onWarning(message),
        }),
    );
    this.#open = this.#followers.length;
    this.#join(0);
    this.#after(IDLE_MS, () => this.#tellReason());
    for (const follower of this.#followers) follower.start(uris.length > 0 ? undefined : loaded);
  }

  #join(index: number): void {
    if (index >= (this.options.viewers ?? 1) || this.#stopped) return;
    const viewer = new Viewer(this.options, this.announce, (message) => this.events.onWarning(message));
    this.#viewers.push(viewer);
    void viewer.start();
    if (this.#multivariant) viewer.multivariant(this.#multivariant);
    for (const { playlist, list } of this.#loaded.values()) viewer.playlist(playlist, list);
    this.#after(JOIN_MS, () => this.#join(index + 1));
  }

  #tellReason(): void {
    const reason = this.#viewers[0]?.stats.reason;
    if (reason !== undefined && reason !== this.#toldReason)
      this.events.onWarning(`nothing is taken or given: ${REASONS[reason] ?? reason}`);
    this.#toldReason = reason;
    this.#after(IDLE_MS, () => this.#tellReason());
  }

  #playlistEnded(): void {
    this.#open -= 1;
    // A recording is given until somebody stops it.
    if (this.#open > 0 || this.options.all) return;
    this.#after(AFTERWARDS_MS, () => this.events.onEnded(undefined));
  }

  #load(url: string): Promise<LoadedPlaylist> {
    return loadPlaylist(url, new URL(this.options.url).origin, this.options.headers);
  }

  #report(): void {
    const { user, system } = process.cpuUsage();
    this.events.onStats({
      viewers: this.#viewers.map(({ stats }) => stats),
      memory: process.memoryUsage.rss(),
      cpu: (user + system) / 1_000,
    });
  }

  #after(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, ms);
    this.#timers.add(timer);
  }
}

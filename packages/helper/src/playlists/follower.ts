import { readSegments, redactUrl, type SegmentList } from '@live-torrent/manifest-magnetizer';
import { reloadDelay, retryDelay } from './reload.js';

/** A playlist as a server gave it. */
export interface LoadedPlaylist {
  /** The URL that was asked for. */
  readonly requested: string;
  /** Where it came from, after redirects. */
  readonly url: string;
  readonly text: string;
}

/** Rejects where there is none. */
export type LoadPlaylist = (url: string) => Promise<LoadedPlaylist>;

export interface FollowerEvents {
  onPlaylist(loaded: LoadedPlaylist, list: SegmentList): void;
  /** It lists its last segment (EXT-X-ENDLIST). */
  onEnded(): void;
  /** It is tried again. */
  onWarning(message: string): void;
}

/** Loads one Media Playlist again and again, as a player does, until it ends. */
export class Follower {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #failures = 0;
  #last = '';

  constructor(
    readonly url: string,
    private readonly load: LoadPlaylist,
    private readonly events: FollowerEvents,
  ) {}

  /** @param loaded what was loaded already */
  start(loaded?: LoadedPlaylist): void {
    if (loaded) this.#take(loaded);
    else void this.#reload();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #reload(): Promise<void> {
    try {
      const loaded = await this.load(this.url);
      if (!this.#stopped) this.#take(loaded);
    } catch (error) {
      if (this.#stopped) return;
      this.#failures += 1;
      this.events.onWarning(`${redactUrl(this.url)}: ${error instanceof Error ? error.message : error}`);
      this.#again(retryDelay(this.#failures, Math.random()));
    }
  }

  #take(loaded: LoadedPlaylist): void {
    const list = readSegments(loaded.text, loaded.url);
    this.#failures = 0;
    const changed = loaded.text !== this.#last;
    this.#last = loaded.text;
    if (changed) this.events.onPlaylist(loaded, list);
    if (list.endList) this.events.onEnded();
    else this.#again(reloadDelay(list.targetDuration, changed));
  }

  #again(delay: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#reload(), delay);
  }
}

import type { ReadPlaylist } from './playlist-catalog.js';

/** Playlists kept. */
const MAX_EARLY_PLAYLISTS = 16;
/** UTF-16 code units of their texts. */
const MAX_EARLY_LENGTH = 4 * 1024 * 1024;

/**
 * Playlists that were shown to a loader before it might use them. Only those that have ended (EXT-X-ENDLIST): a player loads them
 * once, live ones come again.
 */
export class EarlyPlaylists {
  readonly #kept = new Map<string, { readonly media: ReadPlaylist; readonly length: number }>();
  #length = 0;

  /** @param length of its text, UTF-16 code units */
  keep(media: ReadPlaylist, length: number): void {
    this.#drop(media.url);
    if (!media.endList || length > MAX_EARLY_LENGTH) return;
    this.#kept.set(media.url, { media, length });
    this.#length += length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_EARLY_PLAYLISTS && this.#length <= MAX_EARLY_LENGTH) break;
      this.#drop(oldest);
    }
  }

  /** All of them, in the order in which they were shown; they are forgotten here. */
  take(): ReadPlaylist[] {
    const all = [...this.#kept.values()].map(({ media }) => media);
    this.clear();
    return all;
  }

  clear(): void {
    this.#kept.clear();
    this.#length = 0;
  }

  #drop(url: string): void {
    this.#length -= this.#kept.get(url)?.length ?? 0;
    this.#kept.delete(url);
  }
}

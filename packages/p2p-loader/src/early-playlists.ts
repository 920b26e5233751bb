/** Playlists kept. */
const MAX_EARLY_PLAYLISTS = 16;
/** UTF-16 code units of all of them. */
const MAX_EARLY_LENGTH = 4 * 1024 * 1024;

/**
 * Playlists that were shown to a loader before it might use them. Only those that have ended (EXT-X-ENDLIST): a player loads them
 * once, live ones come again.
 */
export class EarlyPlaylists {
  readonly #texts = new Map<string, string>();
  #length = 0;

  keep(url: string, text: string): void {
    this.#drop(url);
    if (!/^#EXT-X-ENDLIST/m.test(text) || text.length > MAX_EARLY_LENGTH) return;
    this.#texts.set(url, text);
    this.#length += text.length;
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= MAX_EARLY_PLAYLISTS && this.#length <= MAX_EARLY_LENGTH) break;
      this.#drop(oldest);
    }
  }

  /** All of them, in the order in which they were shown; they are forgotten here. */
  take(): [url: string, text: string][] {
    const all = [...this.#texts];
    this.clear();
    return all;
  }

  clear(): void {
    this.#texts.clear();
    this.#length = 0;
  }

  #drop(url: string): void {
    this.#length -= this.#texts.get(url)?.length ?? 0;
    this.#texts.delete(url);
  }
}

/** Playlists kept. */
const MAX_RECENT_PLAYLISTS = 16;
/** UTF-16 code units of their texts. */
const MAX_RECENT_LENGTH = 4 * 1024 * 1024;

/** What is kept of the playlists that were shown last, each by its URL. */
export class RecentPlaylists<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly length: number }>();
  #length = 0;

  /** @param length of its text, UTF-16 code units */
  keep(url: string, value: T, length: number): void {
    this.#drop(url);
    if (length > MAX_RECENT_LENGTH) return;
    this.#kept.set(url, { value, length });
    this.#length += length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_RECENT_PLAYLISTS && this.#length <= MAX_RECENT_LENGTH) break;
      this.#drop(oldest);
    }
  }

  /** In the order in which they were shown last. */
  get all(): T[] {
    return [...this.#kept.values()].map(({ value }) => value);
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

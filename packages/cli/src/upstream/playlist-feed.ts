/** A playlist that was asked for within this time is being watched, ms; three reloads of a player with 10 s segments fit. */
const WATCHED = 30_000;

export interface PlaylistFeedOptions<T> {
  /** @param last What it gave before, if anything. */
  readonly load: (last: T | undefined) => Promise<T>;
  /** Whether `value` is final, so that nothing new is to be expected. */
  readonly isFinal: (value: T) => boolean;
  /** Nobody comes back for it: it is loaded when somebody asks, and never by itself. */
  readonly once: boolean;
  /** Shortest time between two loads, ms. */
  readonly refresh: number;
  /** Steady clock, ms. */
  readonly clock: () => number;
}

/**
 * One upstream playlist, loaded once however many ask at the same time, at most every `refresh` ms,
 * and reloaded by itself as long as somebody watches it, so that new segments are hashed before they are asked for.
 */
export class PlaylistFeed<T> {
  #latest: { readonly value: Promise<T>; readonly at: number } | undefined;
  #loading = false;
  #last: T | undefined;
  #asked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly options: PlaylistFeedOptions<T>) {}

  /** The same for somebody who does not watch it. */
  peek(): Promise<T> {
    return this.#load(this.options.refresh);
  }

  /** The playlist, at most `refresh` ms old. Rejects as `load` does. */
  get(): Promise<T> {
    this.#asked = this.options.clock();
    if (!this.options.once) this.#timer ??= setTimeout(() => this.#poll(), this.options.refresh);
    return this.#load(this.options.refresh);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asked = Number.NEGATIVE_INFINITY;
  }

  /** @param maxAge ms */
  #load(maxAge: number): Promise<T> {
    const { clock, load } = this.options;
    const latest = this.#latest;
    if (latest !== undefined && (this.#loading || clock() - latest.at < maxAge)) return latest.value;
    this.#loading = true;
    const value = load(this.#last)
      .then((loaded) => {
        this.#last = loaded;
        return loaded;
      })
      .finally(() => {
        this.#loading = false;
      });
    this.#latest = { value, at: clock() };
    return value;
  }

  async #poll(): Promise<void> {
    const { clock, isFinal, refresh } = this.options;
    let final = false;
    try {
      final = isFinal(await this.#load(0));
    } catch {
      // Told to those who ask; the next reload may succeed.
    }
    const watched = !final && clock() - this.#asked < WATCHED;
    this.#timer = watched ? setTimeout(() => this.#poll(), refresh) : undefined;
  }
}

/** A playlist that was asked for within this time is being watched, ms; three reloads of a player with 10 s segments fit. */
const WATCHED = 30_000;
/** Players give up after 10 s or so: who waits this long gets what came last, ms. */
const PATIENCE = 3_000;

export interface PlaylistFeedOptions<T> {
  /** @param last What it gave before, if anything. */
  readonly load: (last: T | undefined) => Promise<T>;
  /** Whether something new is to be expected of it without anybody's asking. */
  readonly isLive: (value: T) => boolean;
  /** Whether it may stand for a newer one that does not come. */
  readonly standsIn: (value: T) => boolean;
  /** Shortest time between two loads, ms. */
  readonly refresh: number;
  /** Steady clock, ms. */
  readonly clock: () => number;
}

/**
 * One upstream playlist, loaded when somebody asks, once however many ask at the same time, and at most every `refresh` ms. A live one is
 * reloaded by itself as long as somebody watches it, so that new segments are hashed before they are asked for.
 */
export class PlaylistFeed<T> {
  #latest: { readonly value: Promise<T>; readonly at: number } | undefined;
  #loading = false;
  #last: { readonly value: T } | undefined;
  #asked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly options: PlaylistFeedOptions<T>) {}

  /** The same for somebody who does not watch it. */
  peek(): Promise<T> {
    return this.#load(this.options.refresh);
  }

  /**
   * The playlist, at most `refresh` ms old, or the last one where a newer one does not come while players wait. Rejects as `load` does.
   */
  get(): Promise<T> {
    this.#asked = this.options.clock();
    const value = this.#load(this.options.refresh);
    const last = this.#last;
    if (!this.#loading || last === undefined || !this.options.standsIn(last.value)) return value;
    return withinPatience(value, last.value);
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
    if (latest !== undefined && (this.#loading || clock() - latest.at < maxAge)) {
      this.#goOn();
      return latest.value;
    }
    this.#loading = true;
    const value = load(this.#last?.value)
      .then((loaded) => {
        this.#last = { value: loaded };
        return loaded;
      })
      .finally(() => {
        this.#loading = false;
        this.#goOn();
      });
    this.#latest = { value, at: clock() };
    return value;
  }

  /** Sees to the next load of a live playlist that is watched. */
  #goOn(): void {
    const { clock, isLive, refresh } = this.options;
    const watched = this.#last !== undefined && isLive(this.#last.value) && clock() - this.#asked < WATCHED;
    if (this.#loading || !watched) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // Told to those who ask; the next reload may succeed.
      this.#load(0).catch(() => {});
    }, refresh);
  }
}

/** A value if it comes soon, else the one in its place. */
function withinPatience<T>(value: Promise<T>, inPlace: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(inPlace), PATIENCE);
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

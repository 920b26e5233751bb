import { type P2PLoaderOptions, playlistTest } from './options.js';

/** How long a stream that nothing was seen of counts as still played, ms. */
const STILL_PLAYED_MS = 30_000;

/**
 * The one stream that a loader serves: that of the playlists which its player loads. It goes along when the player moves on to
 * another stream. Where two players load two streams in turn, the first stays the loader's for as long as it is played.
 */
export class OwnStream {
  readonly #name: string | undefined;
  /** Whether the site lets this URL's playlist be the loader's. */
  readonly includes: (url: string) => boolean;
  #current: string | undefined;
  #seenAt = 0;
  /** The stream that it moved on from, and when. */
  #left: { readonly stream: string; readonly at: number } | undefined;
  /** Another stream is known to be played beside this one. */
  #rivalled = false;

  constructor({ stream, playlist }: Pick<P2PLoaderOptions, 'stream' | 'playlist'>) {
    const isOwn = playlistTest(playlist);
    this.#name = stream;
    this.includes = (url) => isOwn(new URL(url));
  }

  /**
   * Takes note of a playlist.
   * @param named the stream that it names; undefined where it names none
   * @param now ms
   * @returns whether it is the loader's; `moved`: and what came before is of another stream
   */
  see(url: string, named: string | undefined, now: number): 'own' | 'moved' | 'foreign' {
    if (!this.includes(url)) return 'foreign';
    const stream = this.#name ?? named;
    return stream === undefined ? 'own' : this.#seeStream(stream, now);
  }

  clear(): void {
    this.#current = this.#left = undefined;
    this.#rivalled = false;
  }

  #seeStream(stream: string, now: number): 'own' | 'moved' | 'foreign' {
    const before = this.#current;
    if (stream !== before && before !== undefined) {
      if (this.#rivalled && now - this.#seenAt < STILL_PLAYED_MS) return 'foreign';
      this.#rivalled = stream === this.#left?.stream && now - this.#left.at < STILL_PLAYED_MS;
      this.#left = { stream: before, at: now };
    }
    this.#current = stream;
    this.#seenAt = now;
    return before === undefined || before === stream ? 'own' : 'moved';
  }
}

import { type P2PLoaderOptions, playlistTest } from './options.js';
import type { ReadPlaylist } from './playlist-catalog.js';
import { type StreamClaims, streamClaims } from './worker/stream-claims.js';

/** How long a stream that nothing was seen of counts as still played, ms. */
const STILL_PLAYED_MS = 30_000;

/**
 * The one stream that a loader serves: that of the playlists which its player loads. It goes along when the player moves on to
 * another stream. Where two players load two streams in turn, the first stays the loader's for as long as it is played.
 * Of a page's loaders behind one service worker each has another stream.
 */
export class OwnStream {
  readonly #name: string | undefined;
  /** Whether the site lets this URL's playlist be the loader's. */
  readonly #includes: (url: URL) => boolean;
  readonly #claims: StreamClaims | undefined;
  #current: string | undefined;
  #seenAt = 0;
  /** The stream that it moved on from, and when. */
  #left: { readonly stream: string; readonly at: number } | undefined;
  /** Another stream is known to be played beside this one. */
  #rivalled = false;

  constructor({ stream, playlist, serviceWorker }: Pick<P2PLoaderOptions, 'stream' | 'playlist' | 'serviceWorker'>) {
    this.#includes = playlistTest(playlist);
    this.#name = stream;
    this.#claims = serviceWorker && streamClaims(serviceWorker);
  }

  /** The loader stands ready for a stream, with the page's others. */
  join(): void {
    this.#claims?.join(this);
  }

  /** It has none any more, and the others may have it. */
  leave(): void {
    this.#claims?.leave(this);
    this.#current = this.#left = undefined;
    this.#rivalled = false;
  }

  /** Whether a playlist may be the loader's, before this one uses any: its stream is left to no other then. */
  reserve({ url, stream }: Pick<ReadPlaylist, 'url' | 'stream'>): boolean {
    const named = stream?.stream;
    if (!this.#mayHave(url, named)) return false;
    if (named !== undefined) this.#claims?.claim(this, named);
    return true;
  }

  /**
   * Takes note of a playlist.
   * @param now ms
   * @returns whether it is the loader's; `moved`: and what came before is of another stream
   */
  see({ url, stream: line }: Pick<ReadPlaylist, 'url' | 'stream'>, now: number): 'own' | 'moved' | 'foreign' {
    const named = line?.stream;
    if (!this.#mayHave(url, named)) return 'foreign';
    const stream = this.#name ?? named;
    const seen = stream === undefined ? 'own' : this.#seeStream(stream, now);
    if (seen !== 'foreign' && named !== undefined) this.#claims?.claim(this, named);
    return seen;
  }

  #mayHave(url: string, named: string | undefined): boolean {
    return this.#includes(new URL(url)) && (named === undefined || (this.#claims?.allows(this, named) ?? true));
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

import { type P2PLoaderOptions, playlistTest } from '../options.js';
import type { ReadPlaylist } from './read-playlist.js';

/** How long a stream that nothing was seen of counts as still played, ms. */
const STILL_PLAYED_MS = 30_000;

/** By page: the streams that its loaders have shared out, `undefined` for a loader that stands ready for one. */
const pages = new WeakMap<ServiceWorkerContainer, Map<OwnStream, string | undefined>>();

type Seen = Pick<ReadPlaylist, 'url' | 'from' | 'stream'>;

/**
 * The one stream that a loader serves: that of the playlists which its player loads. It goes along when the player moves on to
 * another stream. Where two players load two streams in turn, the first stays the loader's for as long as it is played.
 * Of a page's loaders behind one service worker each has another stream.
 */
export class OwnStream {
  readonly #name: string | undefined;
  /** Whether the site lets this URL's playlist be the loader's. */
  readonly #includes: (url: URL) => boolean;
  /** What the page's loaders have. The worker tells all of them of every playlist. */
  readonly #page: Map<OwnStream, string | undefined>;
  #current: string | undefined;
  #seenAt = 0;
  /** The stream that it moved on from, and when. */
  #left: { readonly stream: string; readonly at: number } | undefined;
  /** Another stream is known to be played beside this one. */
  #rivalled = false;

  /** @param container behind whose worker the page's loaders are */
  constructor({ stream, playlist }: Pick<P2PLoaderOptions, 'stream' | 'playlist'>, container?: ServiceWorkerContainer) {
    this.#includes = playlistTest(playlist);
    this.#name = stream;
    this.#page = (container && pages.get(container)) ?? new Map();
    if (container) pages.set(container, this.#page);
  }

  /** The loader stands ready for a stream, with the page's others. */
  join(): void {
    if (!this.#page.has(this)) this.#page.set(this, undefined);
  }

  /** It has none any more, and the others may have it. */
  leave(): void {
    this.#page.delete(this);
    this.#current = this.#left = undefined;
    this.#rivalled = false;
  }

  /** Whether a playlist may be the loader's, before this one uses any: its stream is left to no other then. */
  reserve({ url, from, stream }: Seen): boolean {
    const named = stream?.stream;
    if (!this.#mayHave([url, from], named)) return false;
    this.#claim(named);
    return true;
  }

  /**
   * Takes note of a playlist.
   * @param now ms
   * @returns whether it is the loader's; `moved`: and what came before is of another stream
   */
  see({ url, from, stream: line }: Seen, now: number): 'own' | 'moved' | 'foreign' {
    const named = line?.stream;
    if (!this.#mayHave([url, from], named)) return 'foreign';
    const stream = this.#name ?? named;
    const seen = stream === undefined ? 'own' : this.#seeStream(stream, now);
    if (seen !== 'foreign') this.#claim(named);
    return seen;
  }

  #mayHave(urls: readonly string[], named: string | undefined): boolean {
    if (!urls.some((url) => this.#includes(new URL(url)))) return false;
    const own = this.#page.get(this);
    if (named === undefined || named === own) return true;
    const all = [...this.#page.values()];
    // What nobody has is for a loader that stands ready, if there is one.
    return !all.includes(named) && (own === undefined || !all.includes(undefined));
  }

  /** Once started, for the page's others to know. */
  #claim(named: string | undefined): void {
    if (named !== undefined && this.#page.has(this)) this.#page.set(this, named);
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

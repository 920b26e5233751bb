import type { KnownMagnets } from '@live-torrent/manifest-magnetizer';
import type { P2PLoaderOptions } from '../options.js';
import { Namesakes } from './namesakes.js';
import { OwnStream } from './own-stream.js';
import { type CatalogUpdate, type NamedStream, PlaylistCatalog, type PlaylistState } from './playlist-catalog.js';
import { isLoadedOnce, type ReadPlaylist, readPlaylist } from './read-playlist.js';
import { RecentPlaylists } from './recent-playlists.js';
import { StreamNames } from './stream-names.js';

/** The playlists of the one stream that a loader serves, of all that its player is given. */
export class StreamPlaylists {
  readonly catalog = new PlaylistCatalog();
  /** Which stream is the loader's. */
  readonly own: OwnStream;
  /** Those that were shown before they might be used, and that a player loads only once. */
  readonly #early = new RecentPlaylists<ReadPlaylist>();
  readonly #names = new StreamNames();
  readonly #namesakes = new Namesakes();
  /** The stream that the last playlist named, and its trackers. */
  named: NamedStream | undefined;
  /** The Media Playlist of the stream that the player was given last, unless it was given another one since. */
  shown: PlaylistState | undefined;

  /**
   * @param container behind whose worker the page's loaders are
   * @param known segments that are known though no playlist lists them
   * @param isLinked whether there are links to other viewers of the stream
   * @param onMoved the player has turned to another stream; what is known of the one before is forgotten next
   */
  constructor(
    options: Pick<P2PLoaderOptions, 'stream' | 'playlist'>,
    container: ServiceWorkerContainer | undefined,
    private readonly known: KnownMagnets,
    private readonly isLinked: () => boolean,
    private readonly onMoved: () => void,
  ) {
    this.own = new OwnStream(options, container);
  }

  /**
   * Reads what the player was given. Never throws.
   * @param url after redirects
   * @param requested the URL that was asked for
   */
  read(url: string, text: string, requested?: string): ReadPlaylist {
    this.shown = undefined;
    const known: KnownMagnets = (hash) => this.known(hash) ?? this.catalog.known(hash);
    const read = readPlaylist(url, text, known, requested, this.catalog.reader);
    this.#namesakes.note(url, text);
    return this.#names.name(read, (stream) => this.named?.stream === stream && this.isLinked());
  }

  /**
   * A playlist that was shown before any may be used.
   * @param length of its text, UTF-16 code units
   * @returns whether it may be the loader's: its stream is left to no other then
   */
  keep(media: ReadPlaylist, length: number): boolean {
    const own = this.own.reserve(media);
    if (own && isLoadedOnce(media)) this.#early.keep(media.url, media, length);
    return own;
  }

  /** Those that were kept, for use now. */
  takeEarly(): ReadPlaylist[] {
    const early = this.#early.all;
    this.#early.clear();
    return early;
  }

  /**
   * Takes a playlist; undefined when it is not of the loader's stream, or has no magnets.
   * @param now ms
   */
  take(media: ReadPlaylist, now: number): CatalogUpdate | undefined {
    const seen = this.own.see(media, now);
    if (seen === 'foreign') return undefined;
    if (seen === 'moved') {
      this.onMoved();
      this.forget();
    }
    const update = this.catalog.update(media, now);
    this.named = update?.stream ?? this.named;
    this.shown = update?.playlist;
    return update;
  }

  /**
   * Whether playlists name something else by the URL that the player asked for.
   * @param url of the segment that is listed
   * @param requested the same with something in its query that the player may have put there
   */
  namesOther(url: string, requested: string): boolean {
    return requested !== url && this.#namesakes.has(url, requested);
  }

  forget(): void {
    this.named = undefined;
    this.#early.clear();
    this.catalog.clear();
  }
}

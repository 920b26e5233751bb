import { listedUrl } from '@live-torrent/sw-proxy/protocol';
import { keepNewest } from '../keep-newest.js';
import type { NamedStream } from './playlist-catalog.js';
import type { ReadPlaylist } from './read-playlist.js';

/** Renditions of Multivariant Playlists remembered. */
const MAX_RENDITIONS = 512;

/**
 * Which mesh a playlist is of: all renditions of the one that their Multivariant Playlist names. A viewer that has not seen that goes by
 * what the rendition says.
 */
export class StreamNames {
  /** By the rendition's URL. */
  readonly #renditions = new Map<string, NamedStream>();

  /**
   * The playlist as what follows shall know it: a Multivariant Playlist is of no mesh itself.
   * @param holds whether there are links to other viewers in the mesh of that name: who came by a rendition then stays with it, until
   * it ends or the player turns to another
   */
  name(media: ReadPlaylist, holds: (stream: string) => boolean): ReadPlaylist {
    const { url, from, stream, renditions } = media;
    if (renditions.length > 0) {
      if (stream) for (const rendition of renditions) this.#remember(rendition, { ...stream, url: from });
      return { ...media, stream: undefined };
    }
    const named = this.#of(url);
    return named && !(stream && holds(stream.stream)) ? { ...media, stream: named } : media;
  }

  #remember(rendition: string, stream: NamedStream): void {
    this.#renditions.delete(rendition);
    this.#renditions.set(rendition, stream);
    keepNewest(this.#renditions, MAX_RENDITIONS);
  }

  #of(url: string): NamedStream | undefined {
    return this.#renditions.get(listedUrl(this.#renditions.keys(), url) ?? '');
  }
}

import { listedUrl } from '@live-torrent/sw-proxy/protocol';
import { absoluteUrl } from './absolute-url.js';
import { RecentPlaylists } from './recent-playlists.js';

/** URIs with a query, on a line of their own or in an attribute (RFC 8216 §4.1, §4.2). */
const URI = /URI="([^"]*\?[^"]*)"|^[ \t]*([^#\s].*\?.*)$/gm;

/**
 * What playlists name: a player's request for `s1.ts?part=1` may mean that very resource, a Partial Segment or one without a magnet, and not the segment
 * `s1.ts` with something that the player put into its query.
 */
export class Namesakes {
  readonly #texts = new RecentPlaylists<readonly [url: string, text: string]>();

  /** @param url where the text is from, after redirects */
  note(url: string, text: string): void {
    this.#texts.keep(url, [url, text], text.length);
  }

  /** Whether a request means something else than the segment `listed`. */
  has(listed: string, requested: string): boolean {
    const named = this.#texts.all.flatMap(([base, text]) =>
      [...text.matchAll(URI)].map(([, quoted, line]) => absoluteUrl((quoted ?? line ?? '').trim(), base) ?? ''),
    );
    return listedUrl([listed, ...named], requested) !== listed;
  }
}

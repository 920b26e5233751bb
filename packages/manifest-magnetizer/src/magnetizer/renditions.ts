import type { Variables } from '../playlist/variables.js';
import { boundedMap } from './bounded-map.js';
import type { GuardedCache } from './magnet-cache.js';

/** The Multivariant Playlist that named a Media Playlist. */
export interface Parent {
  readonly url: string;
  /** Its variables, for EXT-X-DEFINE IMPORT. */
  readonly variables: Variables;
}

const MAX_RENDITIONS = 10_000;
/** How long a shared entry lives, ms. */
const SHARED_FOR = 24 * 3_600_000;
/** How long after its writing a shared entry is not written again, ms. */
const WRITTEN_FOR = 3_600_000;
/** How long the shared cache is not asked again for a parent that it did not know, ms. */
const UNKNOWN_FOR = 10_000;

/** Remembers which Multivariant Playlist named a Media Playlist: the first one, so that a stream keeps its name. */
export class Renditions {
  readonly #parents = boundedMap<Parent & { readonly written: number }>(MAX_RENDITIONS);
  readonly #unknown = boundedMap<number>(MAX_RENDITIONS);
  readonly #cache: GuardedCache | undefined;
  readonly #now: () => number;

  constructor(cache: GuardedCache | undefined, now: () => number) {
    this.#cache = cache;
    this.#now = now;
  }

  remember(mediaPlaylist: string, parent: Parent): void {
    const known = this.#parents.get(mediaPlaylist);
    const kept = known && known.url !== parent.url ? known : parent;
    if (known && this.#now() - known.written < WRITTEN_FOR) {
      this.#parents.set(mediaPlaylist, { ...kept, written: known.written });
      return;
    }
    this.#parents.set(mediaPlaylist, { ...kept, written: this.#now() });
    const text = JSON.stringify({ url: kept.url, variables: [...kept.variables] });
    void this.#cache?.set(cacheKey(mediaPlaylist), text, SHARED_FOR);
  }

  /** The parent; the shared cache is asked where this process has not seen it. */
  async parentOf(mediaPlaylist: string): Promise<Parent | undefined> {
    const known = this.#parents.get(mediaPlaylist);
    if (known || !this.#cache || (this.#unknown.get(mediaPlaylist) ?? 0) > this.#now()) return known;
    const shared = parseParent(await this.#cache.get(cacheKey(mediaPlaylist)));
    if (!shared) this.#unknown.set(mediaPlaylist, this.#now() + UNKNOWN_FOR);
    else this.#parents.set(mediaPlaylist, { ...shared, written: this.#now() });
    return shared;
  }
}

function cacheKey(mediaPlaylist: string): string {
  return `live-torrent:parent:${mediaPlaylist}`;
}

function parseParent(text: string | undefined): Parent | undefined {
  if (text === undefined) return undefined;
  try {
    const { url, variables } = JSON.parse(text) as { url: unknown; variables: [string, string][] };
    return typeof url === 'string' ? { url, variables: new Map(variables) } : undefined;
  } catch {
    return undefined;
  }
}

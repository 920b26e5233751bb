import type { Variables } from '../playlist/variables.js';
import { boundedMap } from './bounded-map.js';
import type { GuardedCache } from './magnet-cache.js';

interface Imported {
  /** Variables of a Multivariant Playlist, for EXT-X-DEFINE IMPORT in its renditions. */
  readonly variables: Variables;
  /** ms. */
  readonly written: number;
}

const MAX_RENDITIONS = 10_000;
/** How long a shared entry lives, ms. */
const SHARED_FOR = 24 * 3_600_000;
/** How long after its writing a shared entry is not written again, ms. */
const WRITTEN_FOR = 3_600_000;
/** How long the shared cache is not asked again for variables that it did not know, ms. */
const UNKNOWN_FOR = 10_000;

/** Remembers what the Multivariant Playlist that named a Media Playlist lends it. */
export class Renditions {
  readonly #imported = boundedMap<Imported>(MAX_RENDITIONS);
  readonly #unknown = boundedMap<number>(MAX_RENDITIONS);
  readonly #cache: GuardedCache | undefined;
  readonly #now: () => number;

  constructor(cache: GuardedCache | undefined, now: () => number) {
    this.#cache = cache;
    this.#now = now;
  }

  remember(mediaPlaylist: string, variables: Variables): void {
    const known = this.#imported.get(mediaPlaylist);
    const text = JSON.stringify([...variables]);
    const isKnown = known && JSON.stringify([...known.variables]) === text && this.#now() - known.written < WRITTEN_FOR;
    this.#imported.set(mediaPlaylist, { variables, written: isKnown ? known.written : this.#now() });
    if (!isKnown) void this.#cache?.set(cacheKey(mediaPlaylist), text, SHARED_FOR);
  }

  /** The variables; the shared cache is asked where this process has not seen the Multivariant Playlist. */
  async variablesFor(mediaPlaylist: string): Promise<Variables | undefined> {
    const known = this.#imported.get(mediaPlaylist)?.variables;
    if (known || !this.#cache || (this.#unknown.get(mediaPlaylist) ?? 0) > this.#now()) return known;
    const shared = parseVariables(await this.#cache.get(cacheKey(mediaPlaylist)));
    if (!shared) this.#unknown.set(mediaPlaylist, this.#now() + UNKNOWN_FOR);
    else this.#imported.set(mediaPlaylist, { variables: shared, written: this.#now() });
    return shared;
  }
}

function cacheKey(mediaPlaylist: string): string {
  return `live-torrent:variables:${mediaPlaylist}`;
}

function parseVariables(text: string | undefined): Variables | undefined {
  if (text === undefined) return undefined;
  try {
    const entries: unknown = JSON.parse(text);
    const isPair = (one: unknown) =>
      Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === 'string');
    return Array.isArray(entries) && entries.every(isPair) ? new Map(entries as [string, string][]) : undefined;
  } catch {
    return undefined;
  }
}

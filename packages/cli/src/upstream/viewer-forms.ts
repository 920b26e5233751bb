import type { Magnetizer, Variables } from '@live-torrent/manifest-magnetizer';
import type { NamedPlaylist } from './named-playlist.js';
import { targetOf } from './named-playlist.js';
import type { UpstreamPlaylist } from './upstream-playlist.js';

/**
 * What was made of a playlist is given again for so long, ms a byte: a playlist of 50,000 segments, which takes most of a second, for 1.5 s, a
 * usual one for some ms. Magnets that are new meanwhile come after that.
 */
const REUSED = 1 / 2000;

interface Form {
  /** The playlist with the URLs that viewers ask for. */
  readonly rewritten: Uint8Array;
  readonly imported: Variables | undefined;
  magnetized: Promise<Uint8Array>;
  /** ms */
  at: number;
}

export interface ViewerFormsOptions {
  readonly magnetizer: Magnetizer;
  /** Steady, ms. */
  readonly clock: () => number;
  /** @param direct Origins that viewers fetch from by themselves. */
  readonly rewrite: (named: NamedPlaylist, playlist: UpstreamPlaylist, direct: ReadonlySet<string>) => Uint8Array;
  readonly importedBy: (playlist: string) => Variables | undefined;
}

/** The playlists of an upstream as viewers get them, but for the trackers: made once for all viewers that fetch the same directly. */
export class ViewerForms {
  /** By the bytes of a version, then by what is fetched directly. */
  readonly #forms = new WeakMap<Uint8Array, Map<string, Form>>();
  /** What viewers fetch directly, as the last of them did: the next version is made for such. */
  #direct: ReadonlySet<string> = new Set();

  constructor(readonly options: ViewerFormsOptions) {}

  /** For viewers like the last one: has the segments hashed. */
  prepare(named: NamedPlaylist, playlist: UpstreamPlaylist): Promise<Uint8Array> {
    return this.#form(named, playlist, this.#direct);
  }

  get(named: NamedPlaylist, playlist: UpstreamPlaylist, direct: ReadonlySet<string>): Promise<Uint8Array> {
    this.#direct = direct;
    return this.#form(named, playlist, direct);
  }

  #form(named: NamedPlaylist, playlist: UpstreamPlaylist, direct: ReadonlySet<string>): Promise<Uint8Array> {
    const { magnetizer, clock, rewrite, importedBy } = this.options;
    const forms = this.#forms.get(playlist.bytes) ?? new Map<string, Form>();
    this.#forms.set(playlist.bytes, forms);
    const key = `${targetOf(named)} ${playlist.url} ${[...direct].sort().join(' ')}`;
    const imported = importedBy(named.url);
    const known = forms.get(key);
    const isKnown = known !== undefined && known.imported === imported;
    if (isKnown && clock() - known.at < known.rewritten.length * REUSED) return known.magnetized;
    const rewritten = isKnown ? known.rewritten : rewrite(named, playlist, direct);
    const magnetized = magnetizer.magnetize(rewritten, { url: targetOf(named), announce: [] });
    forms.set(key, { rewritten, imported, magnetized, at: clock() });
    return magnetized;
  }
}

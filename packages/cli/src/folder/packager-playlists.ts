import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileState } from './file-state.js';
import { openInside } from './inside-folder.js';
import { type ListedSegment, readListedSegments } from './listed-segments.js';
import { chooseSeries, type SeriesChoice, seriesKey } from './series.js';

/** Playlists of one folder that are read. */
const MAX_PLAYLISTS = 16;
/** Larger ones are not read, bytes. */
const MAX_BYTES = 4 * 1024 * 1024;
/** A playlist that was written this long before a file of its own says nothing of it, ms: file systems round times. */
const ROUNDING = 1000;
/** A playlist that was written in this time is in use, ms. */
const IN_USE = 60_000;
/** Packagers list a segment within this time of completing it, ms. */
const LATE = 1000;

/** A segment as a playlist tells of it. */
export interface Listing extends ListedSegment {
  /** The playlist's path below the folder. */
  readonly playlist: string;
  /** The file that the playlist has before it. */
  readonly previous: string | undefined;
  /** Place in the playlist. */
  readonly index: number;
}

interface Known {
  readonly mtimeMs: number;
  readonly size: number;
  readonly listings: ReadonlyMap<string, Listing>;
  /** Keys of its series: tell whose a file is that has left it. */
  readonly series: ReadonlySet<string>;
}

/** What the playlists say that a packager writes beside its segments. */
export class PackagerPlaylists {
  readonly #known = new Map<string, Known>();
  /** By playlist, the first by name of those of its track. */
  readonly #tracks = new Map<string, string>();

  constructor(readonly folder: string) {}

  /** Reads those that have changed. @param folders paths below the folder, with their slashes */
  async look(folders: Iterable<string>): Promise<void> {
    const paths: string[] = [];
    for (const path of folders) {
      const names = await readdir(join(this.folder, path)).catch(() => []);
      paths.push(...names.filter((name) => /\.m3u8?$/i.test(name)).map((name) => path + name));
    }
    const playlists = paths.sort().slice(0, MAX_PLAYLISTS);
    for (const gone of [...this.#known.keys()].filter((known) => !playlists.includes(known))) this.#known.delete(gone);
    const changed: boolean[] = [];
    for (const playlist of playlists) changed.push(await this.#read(playlist));
    if (changed.includes(true)) this.#tellTracks();
  }

  /**
   * What a playlist says of a file; undefined when none does, or the file was written anew since: an encoder that starts again
   * leaves the old playlist in place until its first segment is complete.
   */
  listingOf({ name, mtimeMs }: { readonly name: string; readonly mtimeMs: number }): Listing | undefined {
    for (const { listings, mtimeMs: written } of this.#known.values()) {
      const listing = listings.get(name);
      if (listing !== undefined && written + ROUNDING >= mtimeMs) return listing;
    }
    return undefined;
  }

  /** Whether a playlist that has files of this series is being written, and so will tell of the file in a moment. */
  willList(file: FileState, now: number): boolean {
    const changed = Math.max(file.mtimeMs, file.ctimeMs);
    if (now - changed > LATE || this.listingOf(file) !== undefined) return false;
    return [...this.#known.values()].some(
      ({ series, mtimeMs }) => series.has(seriesKey(file.name)) && now - mtimeMs < IN_USE,
    );
  }

  /** Whether one playlist has all of the files, and so tells their order. */
  orders(files: readonly FileState[]): boolean {
    const playlists = new Set(files.map((file) => this.listingOf(file)?.playlist));
    return playlists.size === 1 && !playlists.has(undefined);
  }

  /** How many tracks have playlists. */
  get tracks(): number {
    return new Set(this.#tracks.values()).size;
  }

  /** The series by playlists, where several have files of their own. */
  choiceOf(files: readonly FileState[]): SeriesChoice | undefined {
    const choice = chooseSeries(files, (name) => this.#playlistOf(name));
    return choice.series.length < 2 ? undefined : choice;
  }

  #playlistOf(name: string): string | undefined {
    const listed = [...this.#known].find(([, { listings }]) => listings.has(name));
    if (listed !== undefined) return this.#tracks.get(listed[0]);
    // It is not listed yet, or not any more.
    const key = seriesKey(name);
    const those = [...this.#known].filter(([, { series }]) => series.has(key));
    const [only, ...others] = new Set(those.map(([playlist]) => this.#tracks.get(playlist)));
    return others.length === 0 ? only : undefined;
  }

  /** Playlists that have a file in common, a live one and one of all that was, are of one track. */
  #tellTracks(): void {
    this.#tracks.clear();
    for (const [playlist, { listings }] of this.#known) {
      const first = [...this.#known].find(([, other]) => [...listings.keys()].some((name) => other.listings.has(name)));
      this.#tracks.set(playlist, first?.[0] ?? playlist);
    }
  }

  /** Reads a playlist, if it has changed, and says whether it has. */
  async #read(playlist: string): Promise<boolean> {
    const handle = await openInside(this.folder, playlist);
    if (handle === undefined) return false;
    try {
      const { mtimeMs, size } = await handle.stat();
      const known = this.#known.get(playlist);
      if (size > MAX_BYTES || (known !== undefined && known.mtimeMs === mtimeMs && known.size === size)) return false;
      return this.#take(playlist, await readFile(handle, 'utf8'), mtimeMs, size);
    } catch {
      return false;
    } finally {
      await handle.close();
    }
  }

  #take(playlist: string, text: string, mtimeMs: number, size: number): boolean {
    const segments = readListedSegments(text, playlist.slice(0, playlist.lastIndexOf('/') + 1));
    // A playlist that is being rewritten is empty for a moment.
    if (segments.length === 0) return false;
    const listings = segments.map((segment, index): [string, Listing] => [
      segment.name,
      { ...segment, playlist, index, previous: segments[index - 1]?.name },
    ]);
    const series = new Set(segments.map(({ name }) => seriesKey(name)));
    // Files may have been moved beside their playlist.
    const beside = listings.map(([name, listing]): [string, Listing] => [
      playlist.slice(0, playlist.lastIndexOf('/') + 1) + name.slice(name.lastIndexOf('/') + 1),
      listing,
    ]);
    this.#known.set(playlist, { mtimeMs, size, listings: new Map([...beside, ...listings]), series });
    return true;
  }
}

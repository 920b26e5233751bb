import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, Failure, reasonOf } from '../errors.js';
import { compareTimes, type FileState, isComplete } from './file-state.js';
import { isInside } from './inside-folder.js';

/** Files of one folder that are looked at. */
const MAX_FILES = 50_000;
/** Larger files are no segments, bytes. */
export const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
/** Folders below a folder: packagers make one for each rendition, `video/1080p/` at the deepest. */
const MAX_DEPTH = 2;
/** Playlists, logs, and what packagers and copying tools leave beside their output while they write. */
const IGNORED =
  /(?:^|\/)\.|\.(?:m3u8?|mpd|json|xml|log|txt|md|html|sh|tmp|temp|part|partial|filepart|crdownload|swp)$|~$/i;
/** What may lie beside folders of renditions. */
const NO_MEDIA = /\.(?:jpe?g|png|gif|webp|svg|ico|css|js|php|pdf|srt|zip|gz|key|bin|inc)$/i;

/** Looks at a folder again and again, and tells the files that are complete. Where it has no media, at the folders in it. */
export class FolderWatch {
  readonly #taken = new Map<string, FileState>();
  #files: ReadonlyMap<string, FileState> = new Map();
  #large: FileState[] = [];
  #outside: { readonly name: string }[] = [];
  /** Whether the media is in folders below the folder. */
  #nested = false;

  /**
   * @param now Wall clock, ms since the epoch, the one of the file system.
   * @param whole Files get their names when they are complete.
   */
  constructor(
    readonly folder: string,
    readonly now: () => number,
    readonly whole = false,
  ) {}

  /**
   * @param seriesOf Files are written one after the other within a series: a later one of it tells that the one before is complete.
   * @returns The complete files that have not been taken, or have been written to since.
   * @throws {Failure} naming the folder when it cannot be read.
   */
  async look(seriesOf: (name: string) => string | undefined = () => undefined): Promise<FileState[]> {
    this.#files = await this.#list();
    for (const name of this.#taken.keys()) if (!this.#files.has(name)) this.#taken.delete(name);
    const all = [...this.#files.values()];
    const newest = new Map<string | undefined, FileState>();
    for (const file of all) {
      // What is of no series is complete when any file is begun after it.
      for (const series of new Set([undefined, seriesOf(file.name)])) {
        const before = newest.get(series);
        if (before === undefined || compareTimes(file, before) > 0) newest.set(series, file);
      }
    }
    const now = this.now();
    // A file that has just been begun is empty, and tells that the one before it is closed.
    const candidates = all.filter((file) => file.size > 0 && !same(this.#taken.get(file.name), file));
    return candidates.filter((file) => this.whole || isComplete(file, newest.get(seriesOf(file.name)) ?? file, now));
  }

  /** The file has been dealt with: `look` tells it again only when it changes. */
  take(file: FileState): void {
    this.#taken.set(file.name, file);
  }

  /** Whether the file was dealt with, and has been there at each look since. */
  isTaken({ name }: { readonly name: string }): boolean {
    return this.#taken.has(name);
  }

  /** Whether the last look saw the file as it was when it was last written to. */
  has({ name, mtimeMs }: { readonly name: string; readonly mtimeMs: number }): boolean {
    return this.#files.get(name)?.mtimeMs === mtimeMs;
  }

  /** Last write to any file of the folder, ms since the epoch; 0 for an empty one. */
  get written(): number {
    return [...this.#files.values()].reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), 0);
  }

  /** The folder and those below it that have files, as paths with their slashes. */
  get folders(): ReadonlySet<string> {
    return new Set(['', ...[...this.#files.keys()].map((name) => name.slice(0, name.lastIndexOf('/') + 1))]);
  }

  /** Files that are too large for a segment. */
  get large(): readonly FileState[] {
    return this.#large;
  }

  /** Symbolic links that lead out of the folder, or nowhere. */
  get outside(): readonly { readonly name: string }[] {
    return this.#outside;
  }

  /** A file that is being written, if there is one; no file of `look`'s. */
  get unfinished(): FileState | undefined {
    const open = [...this.#files.values()].filter((file) => !this.#taken.has(file.name));
    return open.reduce<FileState | undefined>((a, b) => (a !== undefined && compareTimes(a, b) > 0 ? a : b), undefined);
  }

  async #list(): Promise<Map<string, FileState>> {
    try {
      const files = new Map<string, FileState>();
      this.#large = [];
      this.#outside = [];
      await this.#listInto(files, '', 0);
      return files;
    } catch (error) {
      throw new Failure(`cannot read the folder ${this.folder}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** @param path of a folder below this one, with its slash */
  async #listInto(files: Map<string, FileState>, path: string, depth: number): Promise<void> {
    const entries = await readdir(join(this.folder, path), { withFileTypes: true });
    const folders: string[] = [];
    let media = false;
    for (const entry of entries) {
      const name = path + entry.name;
      if (IGNORED.test(name)) continue;
      if (entry.isSymbolicLink() && !(await isInside(this.folder, name))) {
        this.#outside.push({ name });
        continue;
      }
      const info = await stat(join(this.folder, name)).catch(() => undefined);
      if (info?.isDirectory()) folders.push(name);
      if (!info?.isFile()) continue;
      media ||= !NO_MEDIA.test(name);
      const file = { name, size: info.size, mtimeMs: info.mtimeMs, ctimeMs: info.ctimeMs };
      if (info.size > MAX_SEGMENT_BYTES) this.#large.push(file);
      else files.set(name, file);
      if (files.size > MAX_FILES) throw new Error(`it holds more than ${MAX_FILES} files`);
    }
    // What lies in folders beside media is none of the feed's: older recordings, copies.
    if ((media && !this.#nested) || depth === MAX_DEPTH) return;
    for (const folder of folders) {
      // It may go away meanwhile.
      await this.#listInto(files, `${folder}/`, depth + 1).catch((error: unknown) => {
        if (errorCode(error) === undefined) throw error;
      });
    }
    // Later, an initialization section or a picture of all renditions may come beside their folders.
    if (depth === 0 && files.size > 0 && !media) this.#nested = true;
  }
}

function same(a: FileState | undefined, b: FileState): boolean {
  return a !== undefined && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, reasonOf } from '../errors.js';
import { compareTimes, type FileState, isComplete } from './file-state.js';

/** Files of one folder that are looked at. */
const MAX_FILES = 50_000;
/** Larger files are no segments, bytes. */
const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
/** Playlists, logs, and what packagers and copying tools leave beside their output while they write. */
const IGNORED = /^\.|\.(?:m3u8?|mpd|json|xml|log|txt|md|html|sh|tmp|temp|part|partial|filepart|crdownload|swp)$|~$/i;

/** Looks at a folder again and again, and tells the files that are complete. */
export class FolderWatch {
  readonly #taken = new Map<string, FileState>();
  #files: ReadonlyMap<string, FileState> = new Map();

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
   * @returns The complete files that have not been taken, or have been written to since.
   * @throws {Failure} naming the folder when it cannot be read.
   */
  async look(): Promise<FileState[]> {
    this.#files = await this.#list();
    for (const name of this.#taken.keys()) if (!this.#files.has(name)) this.#taken.delete(name);
    const all = [...this.#files.values()];
    const newest = all.reduce((a, b) => (compareTimes(a, b) > 0 ? a : b), all[0] as FileState);
    const now = this.now();
    // A file that has just been begun is empty, and tells that the one before it is closed.
    const candidates = all.filter((file) => file.size > 0 && !same(this.#taken.get(file.name), file));
    return candidates.filter((file) => this.whole || isComplete(file, newest, now));
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

  async #list(): Promise<Map<string, FileState>> {
    try {
      const names = (await readdir(this.folder)).filter((name) => !IGNORED.test(name));
      if (names.length > MAX_FILES) throw new Error(`it holds more than ${MAX_FILES} files`);
      const files = new Map<string, FileState>();
      for (const name of names) {
        const info = await stat(join(this.folder, name)).catch(() => undefined);
        if (!info?.isFile() || info.size > MAX_SEGMENT_BYTES) continue;
        files.set(name, { name, size: info.size, mtimeMs: info.mtimeMs, ctimeMs: info.ctimeMs });
      }
      return files;
    } catch (error) {
      throw new Failure(`cannot read the folder ${this.folder}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function same(a: FileState | undefined, b: FileState): boolean {
  return a !== undefined && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

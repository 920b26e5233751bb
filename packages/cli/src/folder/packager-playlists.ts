import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSegments } from '@live-torrent/manifest-magnetizer';

/** Playlists of one folder that are read. */
const MAX_PLAYLISTS = 16;
/** Larger ones are not read, bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

interface Known {
  readonly mtimeMs: number;
  readonly size: number;
  /** EXTINF by file name, s. */
  readonly durations: ReadonlyMap<string, number>;
}

/** What the playlists say that a packager writes beside its segments: of subtitles, only it knows the duration. */
export class PackagerPlaylists {
  readonly #known = new Map<string, Known>();

  constructor(readonly folder: string) {}

  /** EXTINF of the file, s; undefined when no playlist in the folder names it. */
  async durationOf(name: string): Promise<number | undefined> {
    const names = (await readdir(this.folder).catch(() => [])).filter((entry) => /\.m3u8?$/i.test(entry));
    const playlists = names.sort().slice(0, MAX_PLAYLISTS);
    for (const gone of [...this.#known.keys()].filter((known) => !playlists.includes(known))) this.#known.delete(gone);
    for (const playlist of playlists) {
      const duration = (await this.#read(playlist))?.get(name);
      if (duration !== undefined) return duration;
    }
    return undefined;
  }

  async #read(playlist: string): Promise<ReadonlyMap<string, number> | undefined> {
    const path = join(this.folder, playlist);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || info.size > MAX_BYTES) return undefined;
    const { mtimeMs, size } = info;
    const known = this.#known.get(playlist);
    if (known !== undefined && known.mtimeMs === mtimeMs && known.size === size) return known.durations;
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const durations = new Map<string, number>();
    for (const { uri, duration } of readSegments(text).segments) {
      const last =
        uri
          .replace(/[?#].*$/s, '')
          .split('/')
          .at(-1) ?? '';
      if (duration > 0) durations.set(decoded(last), duration);
    }
    this.#known.set(playlist, { mtimeMs, size, durations });
    return durations;
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

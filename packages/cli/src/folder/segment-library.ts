import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../errors.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { type Container, containerOf } from './container.js';
import type { FileState } from './file-state.js';
import type { FolderSegment } from './folder-segment.js';
import { type MediaTime, mediaTime } from './media-time.js';
import { PackagerPlaylists } from './packager-playlists.js';
import { cueTime } from './webvtt.js';

/** Bytes of segments that are kept so that hashing and serving share one reading. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Larger files are no Media Initialization Sections, bytes. */
const MAX_INIT_BYTES = 1024 * 1024;
/** Media Initialization Sections that are kept: encoders that restart write another one. */
const MAX_INITS = 16;
/** URIs that are known: more than any playlist names, and those of a loop. */
const MAX_URIS = 100_000;
/** EXTINF of a segment that holds one sample of unknown duration, s. */
const SHORTEST = 0.001;

/** Content-Type of what each container holds. */
const TYPES = { ts: 'video/mp2t', fmp4: 'video/mp4', aac: 'audio/aac', vtt: 'text/vtt' } as const;
/** Files that one would expect to be segments. */
const MEDIA_NAME = /\.(?:ts|m2ts?|mts|m4[asv]|mp4|cmf[atv]|aac|vtt|webvtt)$/i;

interface Init {
  readonly uri: string;
  readonly mtimeMs: number;
  readonly bytes: Uint8Array;
}

/** A file of the folder as it is served. */
export interface FolderFile {
  readonly bytes: Uint8Array;
  readonly type: (typeof TYPES)[keyof typeof TYPES];
  /** A Media Initialization Section. */
  readonly init: boolean;
}

/** What a URI stands for: one content of a file. */
interface KnownFile extends FileState {
  readonly type: FolderFile['type'];
  /** SHA-1 of the content. */
  readonly digest: string;
}

/** The segments and initialization sections of a folder, by URI. */
export class SegmentLibrary {
  readonly #bytes = new LRUCache<string, Uint8Array>({ maxSize: CACHE_BYTES, sizeCalculation: (b) => b.length + 1 });
  readonly #files = new LRUCache<string, KnownFile>({ max: MAX_URIS });
  /** By name, how often it was written. */
  readonly #versions = new LRUCache<string, number>({ max: MAX_URIS });
  readonly #warned = new LRUCache<string, true>({ max: 1000 });
  readonly #playlists: PackagerPlaylists;
  #inits: Init[] = [];
  /** The longest subtitles so far, s: what their target duration must be at least. */
  #longestSubtitles = 0;

  /** @param warn Gets a line for each file that looks like a segment and cannot be used. */
  constructor(
    readonly folder: string,
    readonly warn: (line: string) => void,
  ) {
    this.#playlists = new PackagerPlaylists(folder);
  }

  /** Keeps the file when it is a Media Initialization Section, and says whether it is one. */
  async addInit(file: FileState): Promise<boolean> {
    if (file.size > MAX_INIT_BYTES || (await this.#firstBox(file)) === undefined) return false;
    const bytes = await this.#read(file);
    if (bytes === undefined || containerOf(bytes) !== 'init') return false;
    this.#inits.push({ uri: this.#uri(file.name), mtimeMs: file.mtimeMs, bytes });
    this.#inits = this.#inits.sort((a, b) => a.mtimeMs - b.mtimeMs).slice(-MAX_INITS);
    return true;
  }

  /**
   * `undefined`: no segment, or one that is known and has not changed. `'later'`: ask again, its initialization section or
   * duration is not here yet, or it has just changed.
   * @param seen Whether the last look saw a file of this name.
   */
  async segment(file: FileState, seen = false): Promise<FolderSegment | undefined | 'later'> {
    const { name, mtimeMs } = file;
    const bytes = await this.#read(file);
    if (bytes === undefined) return 'later';
    const digest = digestOf(bytes);
    const known = this.#files.get(this.#latestUri(name));
    // Only its mode, its owner or the number of its links has changed.
    if (seen && known?.digest === digest && known.mtimeMs === mtimeMs) return undefined;
    const container = containerOf(bytes);
    if (container === undefined && MEDIA_NAME.test(name)) {
      this.#warnOnce(file, 'left out: neither MPEG-TS, fMP4, AAC (ADTS) nor WebVTT, or not whole');
    }
    if (container === undefined || container === 'init') return undefined;
    const init = container === 'fmp4' ? this.#initFor(file) : undefined;
    if (container === 'fmp4' && init === undefined) {
      this.#warnOnce(file, 'waits for its initialization section (a file with moov and without media)');
      return 'later';
    }
    try {
      const time = await this.#timeOf(file, container, bytes, init);
      if (time === 'later') return 'later';
      const uri = this.#uri(name);
      this.#files.set(uri, { ...file, digest, type: TYPES[container] });
      this.#bytes.set(uri, bytes);
      return { name, container, mtimeMs, ...time, uri, map: init?.uri };
    } catch (error) {
      this.#warnOnce(file, `left out, it cannot be read: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** What `uri` names; `undefined` when it names nothing, or a file that has vanished or changed since. */
  async read(uri: string): Promise<FolderFile | undefined> {
    const init = this.#inits.find((section) => section.uri === uri);
    if (init !== undefined) return { bytes: init.bytes, type: 'video/mp4', init: true };
    const file = this.#files.get(uri);
    if (file === undefined) return undefined;
    const kept = this.#bytes.get(uri);
    const bytes = kept ?? (await this.#read(file));
    // A name may have other bytes of the same length and time: its magnet is not theirs.
    if (bytes === undefined || (kept === undefined && digestOf(bytes) !== file.digest)) return undefined;
    this.#bytes.set(uri, bytes);
    return { bytes, type: file.type, init: false };
  }

  /** Whether the segment's bytes are in memory: they can be read whatever becomes of the file. */
  holds({ uri }: FolderSegment): boolean {
    return this.#bytes.has(uri);
  }

  /** Whether the segment is what its name was written with last. */
  isLatest({ name, uri }: FolderSegment): boolean {
    return this.#latestUri(name) === uri;
  }

  async #timeOf(
    file: FileState,
    container: Exclude<Container, 'init'>,
    bytes: Uint8Array,
    init: Init | undefined,
  ): Promise<(MediaTime & { readonly duration: number }) | 'later'> {
    if (container !== 'vtt') {
      const time = await mediaTime(bytes, init?.bytes);
      return { ...time, duration: Math.max(time.end - time.start, SHORTEST) };
    }
    const time = cueTime(bytes);
    const span = time === undefined ? this.#longestSubtitles : time.end - time.start;
    const duration = (await this.#playlists.durationOf(file.name)) ?? span;
    if (duration <= 0) {
      this.#warnOnce(file, 'has no cue to tell its duration, and no playlist beside it does: waiting');
      return 'later';
    }
    this.#longestSubtitles = Math.max(this.#longestSubtitles, duration);
    return { ...(time ?? { start: 0, end: 0, timestamps: false }), duration };
  }

  /** The newest that was there when the segment was written, or the only one. */
  #initFor(file: FileState): Init | undefined {
    return this.#inits.filter(({ mtimeMs }) => mtimeMs <= file.mtimeMs).at(-1) ?? this.#inits[0];
  }

  /** The type of an ISO base media file's first box. */
  async #firstBox(file: FileState): Promise<string | undefined> {
    const handle = await open(join(this.folder, file.name)).catch(() => undefined);
    if (handle === undefined) return undefined;
    try {
      const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
      const type = buffer.toString('latin1', 4, 8);
      return type === 'ftyp' || type === 'moov' ? type : undefined;
    } finally {
      await handle.close();
    }
  }

  /** `undefined` when the file has vanished or is not the one that was looked at. */
  async #read({ name, size, mtimeMs }: FileState): Promise<Uint8Array | undefined> {
    const handle = await open(join(this.folder, name)).catch(() => undefined);
    if (handle === undefined) return undefined;
    try {
      const bytes = await readFile(handle);
      const now = await handle.stat();
      return bytes.length === size && now.size === size && now.mtimeMs === mtimeMs ? bytes : undefined;
    } finally {
      await handle.close();
    }
  }

  /** A name that is written anew gets another URI: caches have the old bytes under the first one. */
  #uri(name: string): string {
    this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
    return this.#latestUri(name);
  }

  #latestUri(name: string): string {
    const version = this.#versions.get(name) ?? 0;
    return `segments/${encodeURIComponent(name)}${version <= 1 ? '' : `?v=${version}`}`;
  }

  #warnOnce(file: FileState, text: string): void {
    const line = `${join(this.folder, file.name)}: ${text}`;
    if (this.#warned.has(line)) return;
    this.#warned.set(line, true);
    this.warn(line);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}

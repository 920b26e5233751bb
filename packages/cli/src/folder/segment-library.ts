import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../errors.js';
import { LRUCache } from '../vendor/lru-cache.js';
import { initLength, isEncrypted } from './boxes.js';
import { type Container, containerOf, whyNoSegment } from './container.js';
import { FileNotes } from './file-notes.js';
import { type FileState, SETTLED } from './file-state.js';
import type { FolderSegment } from './folder-segment.js';
import { type Init, InitSections } from './init-sections.js';
import { openInside } from './inside-folder.js';
import { type Media, readMedia } from './media.js';
import { type Listing, PackagerPlaylists } from './packager-playlists.js';
import { cueTime } from './webvtt.js';

/** Bytes of segments that are kept so that hashing and serving share one reading. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** Larger files are no Media Initialization Sections, bytes. */
const MAX_INIT_BYTES = 1024 * 1024;
/** URIs that are known: more than any playlist names, and those of a loop. */
const MAX_URIS = 100_000;
/** EXTINF of a segment that holds one sample of unknown duration, s. */
const SHORTEST = 0.001;

/** Content-Type of what each container holds. */
const TYPES = { ts: 'video/mp2t', fmp4: 'video/mp4', aac: 'audio/aac', vtt: 'text/vtt' } as const;
/** Files that one would expect to be segments. */
const MEDIA_NAME = /\.(?:ts|m2ts?|mts|m4[asv]|mp4|cmf[atv]|aac|vtt|webvtt)$/i;

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
  /** Where the segment begins in its file, after the initialization section that a recorder put there. */
  readonly offset: number;
  /** SHA-1 of the content. */
  readonly digest: string;
}

/** The segments and initialization sections of a folder, by URI. */
export class SegmentLibrary {
  readonly #bytes = new LRUCache<string, Uint8Array>({ maxSize: CACHE_BYTES, sizeCalculation: (b) => b.length + 1 });
  readonly #files = new LRUCache<string, KnownFile>({ max: MAX_URIS });
  /** By name, how often it was written. */
  readonly #versions = new LRUCache<string, number>({ max: MAX_URIS });
  readonly notes: FileNotes;
  readonly playlists: PackagerPlaylists;
  readonly #inits = new InitSections();
  /** The longest subtitles so far, s: what their target duration must be at least. */
  #longestSubtitles = 0;

  /** @param warn Gets a line for each file that looks like a segment and cannot be used. */
  constructor(
    readonly folder: string,
    warn: (line: string) => void,
    /** Wall clock, ms since the epoch, the one of the file system. */
    readonly now: () => number = Date.now,
  ) {
    this.playlists = new PackagerPlaylists(folder);
    this.notes = new FileNotes(folder, warn);
  }

  /** Keeps the file when it is a Media Initialization Section, and says whether it is one. */
  async addInit(file: FileState): Promise<boolean> {
    if (file.size > MAX_INIT_BYTES || (await this.#firstBox(file)) === undefined) return false;
    const bytes = await this.#read(file);
    if (bytes === undefined || containerOf(bytes) !== 'init') return false;
    this.#inits.add({ name: file.name, uri: this.#uri(file.name), mtimeMs: file.mtimeMs, bytes });
    return true;
  }

  /** How many files hold initialization sections. */
  get inits(): number {
    return this.#inits.names;
  }

  /**
   * `undefined`: no segment, or one that is known and has not changed. `'later'`: ask again, its initialization section or
   * duration is not here yet, or it has just changed.
   * @param seen Whether the last look saw a file of this name.
   */
  async segment(file: FileState, seen = false): Promise<FolderSegment | undefined | 'later'> {
    const { name, mtimeMs } = file;
    if (this.playlists.willList(file, this.now())) return 'later';
    if (this.hasHurdle(file)) return undefined;
    const listing = this.playlists.listingOf(file);
    const bytes = await this.#read(file);
    if (bytes === undefined) return 'later';
    const container = containerOf(bytes);
    if (container === undefined && MEDIA_NAME.test(name)) {
      // Its writer may only pause.
      if (this.now() - mtimeMs < SETTLED) return 'later';
      this.notes.once(file, `left out: ${whyNoSegment(bytes, join(this.folder, name))}`);
    }
    if (container === undefined || container === 'init') return undefined;
    const offset = container === 'fmp4' ? initLength(bytes) : 0;
    const media = bytes.subarray(offset);
    const digest = digestOf(media);
    const known = this.#files.get(this.#latestUri(name));
    // Only its mode, its owner or the number of its links has changed.
    if (seen && known?.digest === digest && known.mtimeMs === mtimeMs) return undefined;
    const own = offset > 0 ? this.#ownInit(file, bytes.subarray(0, offset)) : undefined;
    const init = container === 'fmp4' ? (own ?? this.#inits.for(file, listing?.map)) : undefined;
    if (container === 'fmp4' && init === undefined) {
      this.notes.once(file, 'waits for its initialization section (a file with moov and without media)');
      return 'later';
    }
    if (init !== undefined && isEncrypted(init.bytes)) {
      this.notes.once(
        file,
        'left out, its samples are encrypted: only the page that has their keys can play them, by -u',
      );
      return undefined;
    }
    try {
      const time = await this.#timeOf(file, container, media, init, listing?.duration);
      if (time === 'later') return 'later';
      const uri = this.#uri(name);
      this.#files.set(uri, { ...file, digest, offset, type: TYPES[container] });
      this.#bytes.set(uri, media);
      return { name, container, mtimeMs, size: media.length, ...time, uri, map: init?.uri, listing };
    } catch (error) {
      this.notes.once(file, `left out, it cannot be read: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Whether the file's playlist says that it cannot be played as a file; then it is said why. */
  hasHurdle(file: FileState): boolean {
    const listing = this.playlists.listingOf(file);
    const hurdle = listing && hurdleOf(listing);
    if (hurdle !== undefined) this.notes.once(file, `left out: ${hurdle}`);
    return hurdle !== undefined;
  }

  /** What `uri` names; `undefined` when it names nothing, or a file that has vanished or changed since. */
  async read(uri: string): Promise<FolderFile | undefined> {
    const init = this.#inits.byUri(uri);
    if (init !== undefined) return { bytes: init.bytes, type: 'video/mp4', init: true };
    const file = this.#files.get(uri);
    if (file === undefined) return undefined;
    const kept = this.#bytes.get(uri);
    const bytes = kept ?? (await this.#read(file))?.subarray(file.offset);
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
    listed: number | undefined,
  ): Promise<(Media & { readonly duration: number }) | 'later'> {
    if (container !== 'vtt') {
      const time = await readMedia(bytes, init?.bytes);
      return { ...time, duration: listed || Math.max(time.end - time.start, SHORTEST) };
    }
    const time = cueTime(bytes);
    const span = time === undefined ? this.#longestSubtitles : time.end - time.start;
    const duration = listed || span;
    if (duration <= 0) {
      this.notes.once(file, 'has no cue to tell its duration, and no playlist beside it does: waiting');
      return 'later';
    }
    this.#longestSubtitles = Math.max(this.#longestSubtitles, duration);
    return { ...(time ?? { start: 0, end: 0, timestamps: false }), duration, makeup: {} };
  }

  /** The initialization section in a segment's file. Those of a recorder's files are often the same. */
  #ownInit({ name, mtimeMs }: FileState, section: Uint8Array): Init {
    const known = this.#inits.byBytes(section);
    if (known !== undefined) return known;
    const version = (this.#versions.get(name) ?? 0) + 1;
    const init = { name, uri: uriOf(name, version, 'init'), mtimeMs, bytes: section };
    this.#inits.add(init);
    return init;
  }

  /** The type of an ISO base media file's first box. */
  async #firstBox(file: FileState): Promise<string | undefined> {
    const handle = await openInside(this.folder, file.name);
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
    const handle = await openInside(this.folder, name);
    if (handle === undefined) return undefined;
    try {
      // One that grows meanwhile is read no further than it was.
      if ((await handle.stat()).size !== size) return undefined;
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
    return uriOf(name, this.#versions.get(name) ?? 0);
  }
}

/**
 * @param version how often the name was written
 * @param part `init`: the initialization section in front of the segment
 */
function uriOf(name: string, version: number, part?: 'init'): string {
  const query = [...(version <= 1 ? [] : [`v=${version}`]), ...(part === undefined ? [] : [`part=${part}`])].join('&');
  return `segments/${name.split('/').map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

/** What keeps a segment of a playlist from being played file by file, and what would help. */
function hurdleOf({ encrypted, ranged, playlist }: Listing): string | undefined {
  const instead = 'serve the folder with a web server and give -u the URL of that playlist';
  if (encrypted) return `it is encrypted (EXT-X-KEY in ${playlist}): ${instead}`;
  return ranged ? `${playlist} plays it in parts (EXT-X-BYTERANGE): ${instead}` : undefined;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}

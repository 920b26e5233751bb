import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSegments } from '@live-torrent/manifest-magnetizer';

/** Between two looks, ms. */
const LOOK_EVERY = 100;
/** A file that was written to a moment ago may be about to be written anew under its old name, ms. */
const RESTED = 400;

/** Nobody writes to a file any more that rests for so long, ms: its encoder is gone, and no playlist lists it. */
const ABANDONED = 3_000;

/**
 * What the playlists below a folder have ever listed, and what a killed encoder has left beside them, by the bytes: an encoder deletes its
 * segments, and writes others under their names.
 */
export class Archive {
  readonly #timer: NodeJS.Timeout;
  /** By SHA-256 (hex), when it was first seen, `Date.now()`. */
  readonly #seen = new Map<string, number>();
  /** What was hashed, by file, its last write, and byte range. */
  readonly #hashed = new Set<string>();

  constructor(readonly folder: string) {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
  }

  /** Whether these were the bytes of a segment, seen first after `since`, `Date.now()`. */
  has(sha256: string, since = 0): boolean {
    return (this.#seen.get(sha256) ?? -1) >= since;
  }

  get size(): number {
    return this.#seen.size;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => each.endsWith('.m3u8'))) {
      try {
        this.#lookInto(join(this.folder, name));
      } catch {
        // It is written, or deleted, at this moment.
      }
    }
    for (const name of names.filter((each) => /\.(?:ts|m4s)$/.test(each))) {
      try {
        this.#hash(join(this.folder, name), ABANDONED);
      } catch {
        // It has just been deleted.
      }
    }
  }

  #hash(path: string, rested: number): void {
    const { mtimeMs } = statSync(path);
    const key = `${path} ${mtimeMs}`;
    if (Date.now() - mtimeMs < rested || this.#hashed.has(key)) return;
    this.#note(readFileSync(path));
    this.#hashed.add(key);
  }

  #note(bytes: Uint8Array): void {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (!this.#seen.has(sha256)) this.#seen.set(sha256, Date.now());
  }

  #lookInto(playlist: string): void {
    for (const { uri, byteRange } of readSegments(readFileSync(playlist, 'utf8')).segments) {
      const path = join(dirname(playlist), uri);
      // A file of many segments is written to all the time, at its end.
      if (byteRange === undefined) this.#hash(path, RESTED);
      else this.#note(readFileSync(path).subarray(byteRange.offset, byteRange.offset + byteRange.length));
    }
  }
}

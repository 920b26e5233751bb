import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { ReadOptions, SegmentData, SegmentReference, ValidatingReader } from '../magnetizer/segment-reader.js';
import { redactUrl } from '../redact-url.js';

/** A pipe opens at once, though nobody writes into it: a thread that waits for one is lost to the whole process. Windows has no such flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A segment is not in the folder. */
export class NotInFolderError extends Error {
  override readonly name = 'NotInFolderError';
  constructor(url: string) {
    super(`not a file of the folder: ${redactUrl(url)}`);
  }
}

/** A file was written to while it was read. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
  constructor(url: string) {
    super(`the file changed while it was read: ${redactUrl(url)}`);
  }
}

export interface FolderReaderOptions {
  /** The folder that the URLs' paths lead into. */
  readonly folder: string;
  /** The path that the folder is served under. Default `/`. */
  readonly path?: string;
}

/**
 * Reads segments from a folder, by the path of their URL. Segments on another host than their playlist are refused.
 * The validator is the file's modification time and length.
 */
export function folderReader({ folder, path = '/' }: FolderReaderOptions): ValidatingReader {
  const root = resolve(folder);
  const prefix = path.endsWith('/') ? path : `${path}/`;

  function fileOf({ url, playlistUrl }: SegmentReference): string {
    const { origin, pathname } = new URL(url);
    if (origin !== new URL(playlistUrl).origin || !pathname.startsWith(prefix)) throw new NotInFolderError(url);
    const file = resolve(root, `.${sep}${decodePath(pathname.slice(prefix.length), url)}`);
    if (!file.startsWith(root + sep)) throw new NotInFolderError(url);
    return file;
  }

  return {
    isCheap: true,

    async readSegment(segment: SegmentReference, { maxLength, signal }: ReadOptions): Promise<SegmentData> {
      const file = await open(fileOf(segment), READ);
      try {
        const found = await file.stat();
        if (!found.isFile()) throw new NotInFolderError(segment.url);
        const { size, mtimeMs } = found;
        const { offset, length } = segment.byteRange ?? { offset: 0, length: size };
        if (length > maxLength || offset + length > size) {
          throw new RangeError(
            `bytes ${offset}-${offset + length - 1} of ${size}, at most ${maxLength}: ${redactUrl(segment.url)}`,
          );
        }
        const bytes = Buffer.allocUnsafe(length);
        let at = 0;
        while (at < length) {
          signal.throwIfAborted();
          const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
          if (bytesRead === 0) throw new FileChangedError(segment.url);
          at += bytesRead;
        }
        const after = await file.stat();
        if (after.size !== size || after.mtimeMs !== mtimeMs) throw new FileChangedError(segment.url);
        return { bytes, validator: validatorOf(size, mtimeMs) };
      } finally {
        await file.close();
      }
    },

    async validateSegment(segment) {
      const { size, mtimeMs } = await stat(fileOf(segment));
      return validatorOf(size, mtimeMs);
    },
  };
}

function decodePath(path: string, url: string): string {
  try {
    const decoded = decodeURIComponent(path);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // A malformed escape: no file has that name.
  }
  throw new NotInFolderError(url);
}

function validatorOf(size: number, mtimeMs: number): string {
  return `${size} ${mtimeMs}`;
}

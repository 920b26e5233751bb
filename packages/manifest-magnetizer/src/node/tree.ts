import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isPlaylistPath } from '../http/playlist-http.js';
import { createMagnetizer, type Magnetizer } from '../magnetizer/magnetizer.js';
import type { MagnetizerOptions, MagnetizerStats } from '../magnetizer/magnetizer-options.js';
import { parsePlaylist } from '../playlist/parse.js';
import { toWorkingText } from '../playlist/text.js';
import { folderReader } from './folder-reader.js';
import { watchFiles } from './watch-files.js';

/** How far `magnetizeTree` has come. */
export interface TreeProgress {
  /** Segments read and hashed, or found to be unreadable. */
  readonly segments: number;
  /** Segments that the playlists name. One that several name is counted for each, and read once. */
  readonly ofSegments: number;
  readonly playlists: number;
  readonly ofPlaylists: number;
}

export interface TreeOptions
  extends Pick<MagnetizerOptions, 'announce' | 'stream' | 'infoSegments' | 'concurrency' | 'onError'> {
  /** The folder with playlists and segments. Nothing is written into it. */
  readonly from: string;
  /** The folder for the annotated playlists, at the same paths; neither inside `from` nor around it. */
  readonly to: string;
  /** The URL that the folder is served at, such as `https://media.example/vod/`. */
  readonly url: string;
  readonly onProgress?: (progress: TreeProgress) => void;
}

/** The longest time that a timer can wait, ms: static output waits for all segments. */
const UNLIMITED = 2 ** 31 - 1;
const PLAYLISTS_AT_ONCE = 4;
/** All segments of the playlists that are worked on, at their limit of 50,000. */
const MAX_QUEUED = 200_000;

/**
 * Annotates all playlists of a folder, for any web server to serve. Each file is written whole under another name and then renamed.
 * @throws {RangeError} when one of the folders lies in the other
 */
export async function magnetizeTree(options: TreeOptions): Promise<MagnetizerStats> {
  const { from, to, url, onProgress } = checked(options);
  const progress = { segments: 0, ofSegments: 0, playlists: 0, ofPlaylists: 0 };
  const magnetizer = treeMagnetizer(options, () => {
    progress.segments++;
    onProgress?.({ ...progress });
  });
  const playlists = await playlistsOf(from);
  for (const { segments } of playlists) progress.ofSegments += segments;
  progress.ofPlaylists = playlists.length;
  const annotateAll = async (queue: string[]): Promise<void> => {
    const work = async (): Promise<void> => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        await annotateFile(magnetizer, file, { from, to, url });
        progress.playlists++;
        onProgress?.({ ...progress });
      }
    };
    await Promise.all(Array.from({ length: PLAYLISTS_AT_ONCE }, work));
  };
  // Multivariant Playlists first: their renditions may import variables of them.
  await annotateAll(playlists.filter(({ multivariant }) => multivariant).map(({ file }) => file));
  await annotateAll(playlists.filter(({ multivariant }) => !multivariant).map(({ file }) => file));
  return magnetizer.stats();
}

/**
 * Follows a folder that a packager writes into: annotates all playlists, and again each one that changes, until the signal says so.
 * @throws {RangeError} when one of the folders lies in the other
 */
export async function watchTree(options: TreeOptions & { readonly signal: AbortSignal }): Promise<void> {
  const { from, to, url, signal } = checked(options);
  const magnetizer = treeMagnetizer(options, () => {});
  // A file that changes while it waits is done once, and one that changes while it is done is done again.
  const dirty = new Set<string>();
  let running = false;
  const drain = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (const file of dirty) {
      dirty.delete(file);
      try {
        await annotateFile(magnetizer, file, { from, to, url });
      } catch (error) {
        const playlistUrl = urlOf(url, file);
        options.onError?.(error, { url: playlistUrl, playlistUrl });
      }
    }
    running = false;
  };
  await watchFiles(from, signal, async (changed) => {
    if (changed === undefined) for (const { file } of await playlistsOf(from)) dirty.add(file);
    else if (isPlaylistPath(changed)) dirty.add(changed);
    await drain();
  });
  magnetizer.close();
}

/** The playlists of a folder, Multivariant Playlists first: they lend their renditions variables. */
async function playlistsOf(folder: string): Promise<{ file: string; segments: number; multivariant: boolean }[]> {
  const playlists: { file: string; segments: number; multivariant: boolean }[] = [];
  for (const file of (await readdir(folder, { recursive: true })).filter(isPlaylistPath).sort()) {
    const bytes = await readFile(join(folder, file));
    const { kind, segments } = parsePlaylist(toWorkingText(bytes), bytes);
    playlists.push({ file, segments: segments.length, multivariant: kind === 'multivariant' });
  }
  return playlists.sort((a, b) => Number(b.multivariant) - Number(a.multivariant));
}

type Folders = Pick<TreeOptions, 'from' | 'to' | 'url'>;

async function annotateFile(magnetizer: Magnetizer, file: string, { from, to, url }: Folders): Promise<void> {
  const annotated = await magnetizer.magnetize(await readFile(join(from, file)), { url: urlOf(url, file) });
  const target = join(to, file);
  const part = `${target}.${randomUUID()}.part`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await writeFile(part, annotated);
    await rename(part, target);
  } finally {
    await rm(part, { force: true });
  }
}

function treeMagnetizer(options: TreeOptions, onSegment: () => void): Magnetizer {
  const { announce = [], stream, infoSegments = 2, concurrency = 8, onError } = options;
  const { readSegment, validateSegment, isCheap } = folderReader({
    folder: options.from,
    path: new URL(options.url).pathname,
  });
  return createMagnetizer({
    announce,
    stream,
    infoSegments,
    concurrency,
    ...(onError ? { onError } : {}),
    timeBudget: UNLIMITED,
    maxAtOnce: Number.POSITIVE_INFINITY,
    maxQueued: MAX_QUEUED,
    validateSegment,
    isCheap,
    readSegment: (segment, readOptions) => readSegment(segment, readOptions).finally(onSegment),
  });
}

function checked<T extends TreeOptions>(options: T): T {
  const from = resolve(options.from) + sep;
  const to = resolve(options.to) + sep;
  if (from.startsWith(to) || to.startsWith(from)) {
    throw new RangeError(`the folders lie in each other: ${options.from}, ${options.to}`);
  }
  return { ...options, url: options.url.endsWith('/') ? options.url : `${options.url}/` };
}

function urlOf(base: string, file: string): string {
  return new URL(file.split(sep).map(encodeURIComponent).join('/'), base).href;
}

import { join } from 'node:path';
import { magnetizeTree, type TreeOptions, watchTree } from '@live-torrent/manifest-magnetizer/node';
import { Failure, reasonOf } from '../errors.js';
import type { Printer } from '../terminal.js';
import type { MagnetizeOptions } from './magnetize-options.js';
import { progressTo } from './progress.js';
import { baseUrlOf, treeFolders } from './tree-folders.js';

/** Failures that are printed; the rest is counted. */
const MAX_PRINTED = 20;

/**
 * Annotates a tree of static playlists, once or for as long as a packager writes into it.
 * @throws {UsageError} naming the flag, {Failure} naming the file
 */
export async function magnetize(options: MagnetizeOptions, printer: Printer): Promise<void> {
  const { announce, stream, out, watch } = options;
  const warn = (line: string): void => printer.err(`live-torrent: ${line}`);
  const { from, to } = await treeFolders(options, warn);
  const failures = new FailureLog(watch ? Number.POSITIVE_INFINITY : MAX_PRINTED, warn);
  const url = options.baseUrl ?? baseUrlOf(from);
  const tree: TreeOptions = {
    from,
    to,
    url,
    announce,
    stream: stream === undefined ? undefined : () => stream,
    onError: (error, { playlistUrl }) =>
      failures.add(error, join(from, decodeURIComponent(playlistUrl.slice(url.length)))),
  };
  try {
    await (watch ? follow(tree, printer) : once(tree, out, printer));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`magnetize: ${reasonOf(error)}`, { cause: error });
  }
  if (!watch && failures.count > 0) {
    throw new Failure(`${counted(failures.count, 'segment')} could not be read and went out without a magnet`);
  }
}

async function once(tree: TreeOptions, out: string, printer: Printer): Promise<void> {
  const onProgress = progressTo({ status: printer.status, line: printer.err, clock: () => performance.now() });
  const stopped = printer.stopped().then(() => {
    throw new Failure(`stopped: not all playlists are in ${out}`);
  });
  const { playlists, segmentsHashed, segmentBytesRead } = await Promise.race([
    magnetizeTree({ ...tree, onProgress }),
    stopped,
  ]);
  if (playlists === 0) throw new Failure(`there is no playlist in ${tree.from}`);
  const amount = `${counted(segmentsHashed, 'segment')}, ${(segmentBytesRead / 1e6).toFixed(1)} MB`;
  printer.out(`${counted(playlists, 'playlist')} (${amount}) annotated into ${out}`);
}

async function follow(tree: TreeOptions, printer: Printer): Promise<void> {
  const stop = new AbortController();
  void printer.stopped().then(() => stop.abort());
  printer.out(`annotating the playlists of ${tree.from} into ${tree.to} as they change`);
  await watchTree({ ...tree, signal: stop.signal });
}

/** Prints the first failures and counts all of them. */
class FailureLog {
  count = 0;

  constructor(
    readonly limit: number,
    readonly warn: (line: string) => void,
  ) {}

  /** @param playlist The file that names what failed. */
  add(error: unknown, playlist: string): void {
    this.count++;
    if (this.count <= this.limit) this.warn(`${playlist}: ${reasonOf(error)}`);
    if (this.count === this.limit) this.warn('further failures are only counted');
  }
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

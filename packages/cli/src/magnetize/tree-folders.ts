import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkPlaylist } from '@live-torrent/manifest-magnetizer';
import { errorCode, Failure, reasonOf, UsageError } from '../errors.js';
import type { MagnetizeOptions } from './magnetize-options.js';

/** Where the playlists come from and go to; absolute, symbolic links resolved. */
export interface TreeFolders {
  readonly from: string;
  readonly to: string;
}

/**
 * Finds the folders, and sees to it that neither lies in the other: nothing is ever written into the input.
 * @throws {Failure} naming the input when it is not there, or no playlist
 * @throws {UsageError} naming `--out`
 */
export async function treeFolders(options: MagnetizeOptions, warn: (line: string) => void): Promise<TreeFolders> {
  const { input, out, watch } = options;
  const from = await inputFolder(input, watch, warn);
  const to = await resolved(resolve(out));
  const [a, b] = [withEnd(from), withEnd(to)];
  if (a.startsWith(b) || b.startsWith(a)) {
    throw new UsageError(
      `--out ${out}: has to lie outside ${from}, and not around it; nothing is written into the input`,
    );
  }
  if (
    await stat(to).then(
      (found) => !found.isDirectory(),
      () => false,
    )
  )
    throw new Failure(`--out ${out}: is not a folder`);
  return { from, to };
}

/** Names the machine and the path where nothing says what the folder is served at: what else makes another stream of it? */
export function baseUrlOf(folder: string): string {
  const host = `http://${hostname()}`;
  return new URL(`${pathToFileURL(folder).pathname}/`, URL.canParse(host) ? host : 'http://localhost').href;
}

async function inputFolder(input: string, watch: boolean, warn: (line: string) => void): Promise<string> {
  try {
    if ((await stat(input)).isDirectory()) return await realpath(input);
    const bytes = await readFile(input);
    const problem = checkPlaylist(bytes);
    if (problem?.line === 1) throw new Failure(`${input}: is not an HLS playlist`);
    if (problem !== undefined) warn(`${input}: ${problem.message}`);
    return await realpath(dirname(input));
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The packager may not have begun.
    if (watch && errorCode(error) === 'ENOENT') return watchedFolder(input);
    throw new Failure(`cannot read ${input}: ${reasonOf(error)}`, { cause: error });
  }
}

async function watchedFolder(input: string): Promise<string> {
  const folder = dirname(input);
  try {
    return await realpath(folder);
  } catch (error) {
    throw new Failure(`cannot watch ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The path with the symbolic links of the part that exists resolved. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path)
      throw new Failure(`--out ${path}: ${reasonOf(error)}`, { cause: error });
    return join(await resolved(parent), basename(path));
  }
}

function withEnd(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

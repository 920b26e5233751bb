import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../errors.js';

/** Folders that are removed at one start. */
const MAX_REMOVED = 20;

/** Names the machine, or the container, whose process ids the folders' names have: others may have the same temporary folder. */
const machine = createHash('sha1').update(hostname()).digest('hex').slice(0, 8);

/** Makes a folder for a film's segments, which tells whose it is. */
export function makeFilmFolder(temporary: string): Promise<string> {
  return mkdtemp(join(temporary, `live-torrent-film-${machine}-${process.pid}-`));
}

/** Removes what processes of this user and machine have left that ended without a chance to: killed, or with the machine. */
export async function removeAbandonedFolders(temporary: string): Promise<void> {
  const names = await readdir(temporary).catch(() => []);
  const abandoned = names.filter((name) => {
    const [, by, pid] = /^live-torrent-film-([0-9a-f]{8})-([1-9]\d{0,9})-\w{6}$/.exec(name) ?? [];
    return by === machine && !isRunning(Number(pid));
  });
  for (const name of abandoned.slice(0, MAX_REMOVED)) {
    const folder = join(temporary, name);
    const found = await lstat(folder).catch(() => undefined);
    const isOurs = found?.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
    // Whatever cannot be removed is no reason not to play.
    if (isOurs) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

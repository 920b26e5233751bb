import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A pipe that nobody writes into must not hold us; there is no such flag on Windows, and there are no such pipes. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Whether the name leads to something in the folder, whatever symbolic links there are on the way; false for what is not there. */
export async function isInside(folder: string, name: string): Promise<boolean> {
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
    return path.startsWith(root.endsWith(sep) ? root : root + sep);
  } catch {
    return false;
  }
}

/**
 * Opens a file of the folder for reading. Undefined for what is no file, is not there, or is not in the folder: what was opened is what counts,
 * whoever changes links meanwhile.
 */
export async function openInside(folder: string, name: string): Promise<FileHandle | undefined> {
  const path = join(folder, name);
  const handle = await open(path, READ).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const opened = await handle.stat();
    if (opened.isFile() && (await isInside(folder, name))) {
      const { ino, dev } = await stat(await realpath(path));
      if (ino === opened.ino && dev === opened.dev) return handle;
    }
  } catch {
    // It has just gone.
  }
  await handle.close();
  return undefined;
}

import { relative } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { watch } from 'chokidar';

/**
 * From a change to its telling, ms. The watcher drops what changes within 50 ms of a change that it reports: a file that is emptied and
 * then written would stay known as empty.
 */
const SETTLE = 100;

/**
 * Tells of each file that is added to a folder or changed, by its path in the folder; first, once it watches, of none. Resolves when
 * the signal says so.
 */
export async function watchFiles(
  folder: string,
  signal: AbortSignal,
  changed: (file: string | undefined) => Promise<void>,
): Promise<void> {
  const watcher = watch(folder, { ignoreInitial: true });
  await new Promise<void>((resolve, reject) => {
    const settled = async (file: string): Promise<void> => {
      await after(SETTLE, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await changed(relative(folder, file));
    };
    const tell = (file: string): void => void settled(file).catch(reject);
    watcher.on('add', tell).on('change', tell).on('error', reject);
    watcher.on('ready', () => void changed(undefined).catch(reject));
    signal.addEventListener('abort', () => resolve());
    if (signal.aborted) resolve();
  }).finally(() => watcher.close());
}

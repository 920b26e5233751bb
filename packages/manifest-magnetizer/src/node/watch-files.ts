import { relative } from 'node:path';
import { watch } from 'chokidar';

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
    const tell = (file?: string): void => {
      changed(file === undefined ? undefined : relative(folder, file)).catch(reject);
    };
    watcher.on('add', tell).on('change', tell).on('error', reject);
    watcher.on('ready', () => tell());
    signal.addEventListener('abort', () => resolve());
    if (signal.aborted) resolve();
  }).finally(() => watcher.close());
}

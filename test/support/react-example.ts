import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './packages.js';

/** Builds examples/react into a folder. In `development` React runs each effect twice under StrictMode. */
export function buildReact(folder: string, mode: 'production' | 'development'): SpawnSyncReturns<string> {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', join(root, 'examples/react'), '--mode', mode, '--outDir', folder, '--emptyOutDir'];
  const env = { ...process.env, NODE_ENV: mode };
  return spawnSync(process.execPath, [...args, '--minify', 'false', '--logLevel', 'error'], { encoding: 'utf8', env });
}

// @ts-check
/** Removes what builds and tests write. `node_modules` stays. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare/paths.mjs';

const packages = join(root, 'packages');
for (const name of readdirSync(packages)) {
  for (const folder of ['lib', 'dist']) rmSync(join(packages, name, folder), { recursive: true, force: true });
}
rmSync(join(root, 'node_modules/.cache/live-torrent'), { recursive: true, force: true });

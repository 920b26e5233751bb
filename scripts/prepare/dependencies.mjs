// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recall, remember, root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** npm writes both lockfiles in one go, in either order: so far apart they may lie, ms. */
const SAME_INSTALL_MS = 5_000;

const lockfile = join(root, 'package-lock.json');

/** @param {string} path @returns {number} ms; -Infinity when the file is missing */
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;

/** Runs `npm ci` unless what package-lock.json says is installed. */
export async function installDependencies() {
  const wanted = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  const installed = modified(join(root, 'node_modules/.package-lock.json'));
  const exists = installed !== Number.NEGATIVE_INFINITY;
  if (exists && recall('dependencies') === wanted) return;
  if (!exists || installed + SAME_INSTALL_MS < modified(lockfile)) {
    await step('installing dependencies (npm ci)', () => run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root }));
  }
  remember('dependencies', wanted);
}

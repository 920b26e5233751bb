// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { forget, recall, remember, root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Folders of a package that a build writes, or that it does not read. */
const notSources = new Set(['lib', 'dist', 'test', 'bench', 'harness', 'node_modules']);

/** @param {string} folder @returns {string[]} all files below it, sorted */
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** @returns {string[]} every file that a build reads, but for dependencies */
function sources() {
  const packages = join(root, 'packages');
  const inPackages = readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name), { withFileTypes: true })
      .filter((entry) => !notSources.has(entry.name))
      .flatMap((entry) => {
        const path = join(packages, name, entry.name);
        return entry.isDirectory() ? filesBelow(path) : [path];
      }),
  );
  const configuration = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'rollup.config.mjs'];
  return [...inPackages, ...configuration.map((name) => join(root, name)).filter(existsSync)];
}

/** A digest of all sources: by content, so that checking out another commit and coming back is noticed rightly. */
function sourceDigest() {
  const hash = createHash('sha256');
  for (const path of sources())
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex');
}

/** Builds all packages unless what was built last is of these very sources. */
export async function build() {
  const wanted = sourceDigest();
  if (recall('build') === wanted && existsSync(join(root, 'packages/cli/dist/bin.js'))) return;
  forget('build');
  await step('building (npm run build)', () => run('npm', ['run', 'build'], { cwd: root }));
  remember('build', wanted);
}

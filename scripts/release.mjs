// @ts-check
/**
 * What has to be so before the packages go out, tried without sending anything:
 *
 *     npm run release -- --dry-run                      says what would be published, and what a person has to do
 *     npm run release -- --repository https://HOST/OWNER/NAME
 *                                                       writes where the code is into each package.json
 *
 * Needs a build and no network.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {{ name: string, version: string, repository?: object, [key: string]: unknown }} Manifest */

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = readdirSync(join(root, 'packages')).map((folder) => {
  const path = join(root, 'packages', folder);
  const file = join(path, 'package.json');
  return { folder, path, file, manifest: /** @type {Manifest} */ (JSON.parse(readFileSync(file, 'utf8'))) };
});

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] @returns {string} what it printed */
function run(command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? status}\n${stdout}${stderr}`);
}

/** @param {string} text a URL without the final `.git` @throws {Error} where it is none */
function setRepository(text) {
  const url = new URL(text.replace(/\.git$|\/$/g, ''));
  for (const { folder, file, manifest } of packages) {
    const { license, ...rest } = manifest;
    const repository = { type: 'git', url: `git+${url.href}.git`, directory: `packages/${folder}` };
    const more = { license, repository, homepage: `${url.href}#readme`, bugs: `${url.href}/issues` };
    const order = ['name', 'version', 'description', 'keywords'];
    const entries = Object.entries({ ...rest, ...more });
    const placeOf = (/** @type {string} */ key) => order.indexOf(key) + 1 || (key in more ? 10 : 20);
    const sorted = entries.sort(([a], [b]) => placeOf(a) - placeOf(b));
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  }
  console.log(`${packages.length} packages say that their code is at ${url.href}`);
}

/** What is wrong with what npm shows of a package. @param {(typeof packages)[number]} entry @returns {string[]} */
function faultsOf({ path, manifest }) {
  const missing = ['description', 'keywords', 'license', 'publishConfig', 'files', 'engines'].filter(
    (key) => !(key in manifest),
  );
  const files = ['README.md', 'LICENSE'].filter((name) => !existsSync(join(path, name)));
  const { version } = JSON.parse(readFileSync(join(root, 'lerna.json'), 'utf8'));
  const others = Object.entries({ .../** @type {object} */ (manifest.dependencies) }).filter(
    ([name, range]) => name.startsWith('@live-torrent/') && range !== version,
  );
  return [
    ...[...missing, ...files].map((what) => `${manifest.name}: ${what} is missing`),
    ...(manifest.version === version ? [] : [`${manifest.name}: its version is not that of lerna.json, ${version}`]),
    ...others.map(([name, range]) => `${manifest.name}: needs ${name} ${range}, not ${version}`),
  ];
}

/** The next version by the commits, and what lerna writes for it: in a copy that is thrown away. */
function nextVersion() {
  const folder = mkdtempSync(join(tmpdir(), 'live-torrent-release-'));
  try {
    run('git', ['clone', '--quiet', '--no-hardlinks', root, folder]);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const identity = ['-c', 'user.name=dry run', '-c', 'user.email=dry-run@localhost'];
    run('git', [...identity, 'checkout', '--quiet', '-B', 'dry-run'], folder);
    const flags = ['--conventional-commits', '--no-git-tag-version', '--no-push', '--yes', '--ignore-scripts'];
    run(process.execPath, [join(root, 'node_modules/lerna/dist/cli.js'), 'version', ...flags], folder);
    const { version } = JSON.parse(readFileSync(join(folder, 'lerna.json'), 'utf8'));
    const changed = run('git', ['status', '--porcelain', '--untracked-files=all'], folder).trimEnd().split('\n');
    return { version, changed: changed.map((line) => line.slice(3)).filter((path) => path !== 'node_modules') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns {{ name: string, files: number, packed: number, unpacked: number }[]} what `npm publish` would send */
function published() {
  return packages.map(({ path, manifest: { name } }) => {
    const args = ['publish', path, '--dry-run', '--json', '--ignore-scripts', '--access', 'public', '--offline'];
    const answer = JSON.parse(run('npm', args));
    const packed = answer.files ? answer : answer[name];
    return { name, files: packed.files.length, packed: packed.size, unpacked: packed.unpackedSize };
  });
}

function dryRun() {
  const faults = packages.flatMap(faultsOf);
  const { version, changed } = nextVersion();
  console.log(`version ${version} by lerna, from the commits; it writes ${changed.length} files:`);
  for (const path of changed) console.log(`  ${path}`);
  console.log('\nnpm publish --dry-run:');
  const kb = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} KB`.padStart(8);
  for (const { name, files, packed, unpacked } of published())
    console.log(`  ${name.padEnd(34)} ${String(files).padStart(4)} files ${kb(packed)} packed ${kb(unpacked)}`);
  const nowhere = packages.filter(({ manifest }) => manifest.repository === undefined);
  console.log('\nWhat a person has to do:');
  const steps = [
    ...(nowhere.length === 0
      ? []
      : [
          `say where the code is, which ${nowhere.length} packages do not: npm run release -- --repository https://HOST/OWNER/NAME`,
        ]),
    'own the scope @live-torrent on npm, and log in: npm login',
    'npm test and npm run test:matrix, on a clean clone',
    'npx lerna version --conventional-commits: version, changelogs, tag; then move what is under "Unreleased" in CHANGELOG.md to the version',
    'npm run build, then npx lerna publish from-git',
  ];
  for (const [i, step] of steps.entries()) console.log(`  ${i + 1}. ${step}`);
  if (faults.length === 0) return;
  console.error(`\n${faults.join('\n')}`);
  process.exitCode = 1;
}

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, repository: { type: 'string' } } });
if (values.repository !== undefined) setRepository(values.repository);
else if (values['dry-run']) dryRun();
else {
  console.error(
    'npm run release -- --dry-run, or --repository URL; publishing itself is a person’s: the dry run says how',
  );
  process.exitCode = 2;
}

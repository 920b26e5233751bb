import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packages, root } from './support/packages.js';
import { emptyFolder, install, link, type PackedPackage, pack, run } from './support/packed.js';

// Packing and compiling take their time on a busy machine.
jest.setTimeout(240_000);

const folder = emptyFolder();
let packed: PackedPackage[] = [];

beforeAll(() => {
  packed = pack(folder);
  install(packed, folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = packages.map(({ manifest }) => manifest.name);
const packageOf = (name: string): PackedPackage =>
  packed.find(({ manifest }) => manifest.name === name) as PackedPackage;

/** Scripts to be served, not imported: they have no types. */
const scriptsOf = (name: string): string[] =>
  Object.keys(packageOf(name).manifest.exports ?? {})
    .filter((subpath) => subpath.endsWith('.js'))
    .map((subpath) => subpath.slice(2));

describe.each(names)('%s', (name) => {
  it('has nothing that publint finds fault with', async () => {
    const pkgDir = join(folder, 'node_modules', name);
    const { messages, pkg = {} } = await publint({ pkgDir, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that are right for every ES module resolution, by are-the-types-wrong', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const scripts = scriptsOf(name);
    const excluded = scripts.length === 0 ? [] : ['--exclude-entrypoints', ...scripts];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [attw, packageOf(name).tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', ...excluded],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(status === 0 ? '' : stdout + stderr).toBe('');
  });

  it('has its licence and README, and neither tests nor build information', () => {
    const { files } = packageOf(name);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files.filter((file) => /(?:^|\/)(?:test|etc|bench|node_modules)\/|tsbuildinfo/.test(file))).toEqual([]);
  });

  it('says on npm what it is, and may go out in public', () => {
    const { manifest } = packageOf(name);
    expect(manifest).toMatchObject({ license: 'MIT', publishConfig: { access: 'public' } });
    expect(manifest.keywords).toContain(name.endsWith('/tracker') ? 'webtorrent' : 'hls');
  });

  it('brings source maps only where it brings their sources', () => {
    const { files } = packageOf(name);
    const maps = files.filter((file) => file.endsWith('.map'));
    expect(maps.filter((map) => !files.some((file) => file.startsWith('src/')) || map.startsWith('dist/'))).toEqual([]);
  });

  it('runs no script when it is installed', () => {
    const lifecycle = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'];
    expect(Object.keys(packageOf(name).manifest.scripts ?? {}).filter((script) => lifecycle.includes(script))).toEqual(
      [],
    );
    expect(scriptedDependencies(name)).toEqual([]);
  });
});

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}

/** The packages that come with an installation of `name` and have a script run for it. */
function scriptedDependencies(name: string): string[] {
  const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: { readonly [path: string]: Locked };
  };
  const pathOf = (dependency: string, from: string): string | undefined => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const path = `${at === '' ? '' : `${at}/`}node_modules/${dependency}`;
      if (path in lockfile.packages) return path;
      if (at === '') return undefined;
    }
  };
  const queue = [`packages/${packages.find(({ manifest }) => manifest.name === name)?.folder}`];
  const seen = new Set(queue);
  for (const path of queue) {
    const { dependencies = {}, optionalDependencies = {} } = lockfile.packages[path] ?? {};
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = pathOf(dependency, path);
      if (found === undefined || seen.has(found)) continue;
      seen.add(found);
      queue.push(found);
    }
  }
  return queue.filter((path) => lockfile.packages[path]?.hasInstallScript === true);
}

/** One use of every public entry, which is imported as `entry`. */
const uses: { readonly [entry: string]: string } = {
  '@live-torrent/manifest-magnetizer': `
    const text: string = entry.stripPlaylist(entry.annotatePlaylist('#EXTM3U', () => undefined));
    const magnets: ReadonlyArray<{ readonly infoHash: string }> = entry.readMagnets(new TextEncoder().encode(text));
    const magnetizer: entry.Magnetizer = entry.createMagnetizer({ readSegment: async () => new Uint8Array() });
    magnetizer.magnetize(text, { url: 'http://a/' }).then((s: string) => s.length + magnets.length);`,
  '@live-torrent/manifest-magnetizer/info': `
    entry.createInfo(new Uint8Array()) satisfies object;`,
  '@live-torrent/manifest-magnetizer/parts': `
    entry.readParts('#EXTM3U').map(({ url, mediaSequence }) => url?.slice(mediaSequence));`,
  '@live-torrent/manifest-magnetizer/torrent': `
    entry.createSegmentMagnet(new Uint8Array()).infoHash.slice(1);`,
  '@live-torrent/manifest-magnetizer/node': `
    entry.magnetizer({ folder: 'x', announce: ['wss://t.example'] }) satisfies object;`,
  '@live-torrent/p2p-loader': `
    const loader = entry.createP2PLoader({ role: 'leech' });
    loader.addEventListener('warning', ({ detail }) => detail.error);
    loader.start().then(() => loader.stats.peerBytes.toFixed());`,
  '@live-torrent/p2p-loader/overlay': `
    Object.keys(entry) satisfies string[];`,
  '@live-torrent/helper': `
    const helper: entry.Helper = entry.createHelper({ url: 'http://a/', renditions: 'all' });
    helper.on('stats', ({ viewers }) => viewers[0]?.uploadedBytes.toFixed());
    helper.stop().then(() => helper.ended);`,
  '@live-torrent/tracker': `
    const tracker: entry.Tracker = entry.createTracker({ streams: ['https://a/live.m3u8'] });
    tracker.stats.peers.toFixed();`,
  '@live-torrent/metrics': `
    const metrics: entry.Metrics = entry.createMetrics({ streams: { live: 'https://a/live.m3u8' } });
    metrics.text().then((text: string) => text.length + (entry.readReport('{}')?.bytes.peers ?? 0));`,
  '@live-torrent/sw-proxy': `
    entry.createSwProxy().handleFetch satisfies object;`,
  '@live-torrent/sw-proxy/protocol': `
    Object.keys(entry) satisfies string[];`,
};

const entries = packages
  .flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {}).map((subpath) => `${manifest.name}${subpath.slice(1)}`),
  )
  .filter((entry) => !entry.endsWith('.js'));

it('every public entry has a use here', () => {
  expect(Object.keys(uses).sort()).toEqual(entries.sort());
});

const libraries = names.filter((name) => entries.some((entry) => entry.startsWith(name)));

it.each(libraries)('strict TypeScript without skipLibCheck compiles every entry of %s, installed alone', (name) => {
  const project = join(folder, name);
  mkdirSync(project, { recursive: true });
  install([packageOf(name)], project);
  const types = /manifest-magnetizer$|helper$|tracker$|metrics$/.test(name) ? ['node'] : [];
  for (const type of types) link(`@types/${type}`, project);
  const own = Object.entries(uses).filter(([entry]) => entry.startsWith(name));
  const imports = own.map(([entry], i) => `import * as a${i} from '${entry}';`);
  const code = own.map(([, use], i) => use.replaceAll(/\bentry\b/g, `a${i}`));
  writeFileSync(join(project, 'use.ts'), [...imports, ...code].join('\n'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types,
    module: 'nodenext',
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
});

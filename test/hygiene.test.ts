import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { filesBelow, root } from './support/packages.js';

/** Upper bounds of what browsers load, bytes after brotli, together. */
const bundles = [
  ['packages/p2p-loader/dist', ['index.js', 'swarm.js'], 69.25 * 1024],
  ['packages/p2p-loader/dist', ['classic.js'], 73 * 1024],
  ['packages/p2p-loader/dist', ['index.js'], 32.5 * 1024],
  ['packages/sw-proxy/dist', ['sw.js'], 6 * 1024],
] as const;

it.each(bundles)('%s: %j at most %d bytes after brotli', (folder, names, limit) => {
  const sizes = names.map((name) => brotliCompressSync(readFileSync(join(root, folder, name))).byteLength);
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  console.info(`${folder}: ${names.join(', ')} ${(size / 1024).toFixed(1)} KB of ${limit / 1024} KB after brotli`);
  expect(size).toBeLessThanOrEqual(limit);
});

it('the demo page plays after five files, and none of them is known of only by another', () => {
  const [page, script] = ['index.html', 'page.js'].map((name) =>
    readFileSync(join(root, 'packages/cli/dist/public', name), 'utf8'),
  );
  const named = [...(page ?? '').matchAll(/<(?:link|script|img)\b[^>]*\s(?:href|src)="(\/[^"]+)"[^>]*>/g)]
    .filter(([tag]) => !/rel="icon"|fetchpriority="low"/.test(tag))
    .map(([, path]) => path);
  expect(new Set(named).size).toBeLessThanOrEqual(5);
  const imported = [...(script ?? '').matchAll(/^import\b[^'\n]*'([^']+)'/gm)].map(([, path]) => path);
  expect(imported).toEqual(['/hls.js', '/p2p-loader.js']);
  expect(named).toEqual(expect.arrayContaining(['/page.js', '/manifest.m3u8', ...imported]));
});

it('the sample feed is at most 4 MB and has 15 segments or more', () => {
  const folder = join(root, 'examples/feed');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(names.filter((name) => /\.(ts|m4s)$/.test(name)).length).toBeGreaterThanOrEqual(15);
});

it('the types of every script of bench and harness are checked: by itself, or by the simulator’s own configuration', () => {
  const scripts = ['bench', 'harness']
    .flatMap((folder) => filesBelow(root, folder, /\.m?js$/))
    .filter(({ path }) => !path.startsWith('bench/simulate/'));
  expect(scripts.length).toBeGreaterThan(40);
  const unchecked = scripts.filter(({ text }) => !/^(#!.*\n)?\/\/ @ts-check$/m.test(text.slice(0, 80)));
  expect(unchecked.map(({ path }) => path)).toEqual([]);
});

interface LockedPackage {
  readonly version?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: { readonly [name: string]: string };
}

it('package-lock.json locks the optional packages of every platform, or npm ci refuses it elsewhere', () => {
  const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: { readonly [path: string]: LockedPackage };
  };
  const missing = Object.entries(lockfile.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => {
      const nested = lockfile.packages[`${path}/node_modules/${name}`];
      return (nested ?? lockfile.packages[`node_modules/${name}`])?.version === undefined;
    }),
  );
  expect(missing).toEqual([]);
});

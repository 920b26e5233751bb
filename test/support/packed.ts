import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Manifest, packages, root } from './packages.js';

/** A package as its users get it. */
export interface PackedPackage {
  /** Absolute path. */
  readonly tarball: string;
  /** What is in it. */
  readonly files: readonly string[];
  /** Its package.json. */
  readonly manifest: Manifest & {
    readonly scripts?: { readonly [name: string]: string };
    readonly keywords?: readonly string[];
  };
}

/** Runs a command to its end. @throws Error with what it printed when it fails */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? status}\n${stdout}${stderr}`);
}

/** A new folder outside the repository. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'live-torrent-packages-'));
}

/** Packs all packages, as built, into `folder`. */
export function pack(folder: string): PackedPackage[] {
  const workspaces = packages.flatMap(({ path }) => ['-w', path]);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces];
  const packed = JSON.parse(run('npm', args, root)) as {
    readonly name: string;
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  return packed.map(({ name, filename, files }) => {
    const source = packages.find(({ manifest }) => manifest.name === name);
    if (source === undefined) throw new Error(`${name} is no package of this repository`);
    return {
      tarball: join(folder, filename),
      files: files.map(({ path }) => path),
      manifest: JSON.parse(readFileSync(join(source.path, 'package.json'), 'utf8')) as PackedPackage['manifest'],
    };
  });
}

/**
 * Puts packages where an installation would, without a registry: what they depend on, and nothing else, is linked to this
 * repository's.
 * @param folder of the project
 */
export function install(packed: readonly PackedPackage[], folder: string): void {
  const modules = join(folder, 'node_modules');
  for (const { tarball, manifest } of packed) {
    const target = join(modules, manifest.name);
    mkdirSync(dirname(target), { recursive: true });
    const unpacked = mkdtempSync(join(folder, 'unpacked-'));
    run('tar', ['-xzf', tarball, '-C', unpacked], folder);
    renameSync(join(unpacked, 'package'), target);
  }
  for (const name of packed.flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}))) link(name, folder);
}

/** Links a third-party package of this repository into a project. */
export function link(name: string, folder: string): void {
  const target = join(folder, 'node_modules', name);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), target);
}

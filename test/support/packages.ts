import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root folder. */
export const root = join(import.meta.dirname, '../..');

/** A target of an `exports` entry, per condition. */
export type ExportsTarget = string | { readonly [condition: string]: string };

/** What these tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly exports?: { readonly [subpath: string]: ExportsTarget };
  readonly bin?: { readonly [name: string]: string };
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

/** A workspace of this repository. */
export interface Package {
  /** Name of its folder in `packages/`. */
  readonly folder: string;
  /** Absolute path of that folder. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** Every package of this repository. */
export const packages: readonly Package[] = readdirSync(join(root, 'packages')).map((folder) => {
  const path = join(root, 'packages', folder);
  return { folder, path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest };
});

/** A source file of a package. */
export interface Source {
  /** Path relative to the package's folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file below the package's `src`, declarations of others' modules aside. */
export const sourcesOf = ({ path }: Package): Source[] => filesBelow(path, 'src', /(?<!\.d)\.ts$/);

/** Files of `folder`, a part of `base`, with their paths below that. */
export function filesBelow(base: string, folder: string, names: RegExp): Source[] {
  return readdirSync(join(base, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => names.test(name))
    .map((name) => ({
      path: `${folder}/${name.replaceAll('\\', '/')}`,
      text: readFileSync(join(base, folder, name), 'utf8'),
    }));
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExportsTarget, packages } from './support/packages.js';

const targetsOf = (target: ExportsTarget): string[] => (typeof target === 'string' ? [target] : Object.values(target));

/** [package, subpath or command, file, absolute path of the file] */
const targets = packages.flatMap(({ folder, path, manifest }) =>
  [...Object.entries(manifest.exports ?? {}), ...Object.entries(manifest.bin ?? {})].flatMap(([name, target]) =>
    targetsOf(target).map((file) => [folder, name, file, join(path, file)] as const),
  ),
);

it.each(targets)('%s: what %s stands for is in the build: %s', (_folder, _name, _file, path) => {
  expect(existsSync(path) ? 'built' : `${path} is missing: run npm run build`).toBe('built');
});

const conditional = packages.flatMap(({ folder, manifest }) =>
  Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target !== 'string')
    .map(([subpath, target]) => [folder, subpath, Object.keys(target)] as const),
);

it.each(conditional)('%s: the types of %s come first, default last', (_folder, _subpath, conditions) => {
  expect([conditions.at(0), conditions.at(-1)]).toEqual(['types', 'default']);
});

const commands = packages.flatMap(({ path, manifest }) =>
  Object.entries(manifest.bin ?? {}).map(([name, file]) => [name, join(path, file)] as const),
);

it.each(commands)('the command %s names its interpreter', (_name, path) => {
  expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
});

// @ts-check
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the scripts remember between runs; gone with `node_modules`. */
const memory = join(root, 'node_modules/.cache/live-torrent/prepared');

/** @param {string} name @returns {string | undefined} what was remembered under this name */
export function recall(name) {
  try {
    return readFileSync(join(memory, name), 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  const file = join(memory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}

/** @param {string} name */
export function forget(name) {
  rmSync(join(memory, name), { force: true });
}

// @ts-check
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './page-files.mjs';

/**
 * A folder that is made once and kept.
 * @param {string} name of its kind
 * @param {unknown} recipe what tells it from others of its kind; as JSON
 * @param {(folder: string) => void} make fills the folder
 */
export function madeOnce(name, recipe, make) {
  const key = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const folder = join(root, 'node_modules/.cache/live-torrent', `${name}-${key}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  // Complete, or not there: whoever else makes it meanwhile has the same.
  const making = mkdtempSync(`${folder}.`);
  make(making);
  try {
    renameSync(making, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * Runs ffmpeg to its end.
 * @param {readonly string[]} args
 * @param {string} cwd
 * @throws {Error} with what it printed
 */
export function ffmpeg(args, cwd) {
  const all = ['-hide_banner', '-loglevel', 'error', '-y', ...args];
  const { status, stderr, error } = spawnSync('ffmpeg', all, { cwd, encoding: 'utf8' });
  if (error) throw new Error(`ffmpeg is needed to make a feed: ${error.message}`);
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}\n${stderr}`);
}

// @ts-check
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const folder = new URL('../results/', import.meta.url);

/**
 * Writes a file of bench/results whole or not at all, so that what ends in mid-run leaves the last state.
 * @param {string} name
 * @param {string | object} content text, or what becomes JSON
 */
export function writeResult(name, content) {
  mkdirSync(folder, { recursive: true });
  const draft = new URL(`${name}.${process.pid}`, folder);
  writeFileSync(draft, typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`);
  renameSync(draft, new URL(name, folder));
}

/**
 * The same with each of `rows` on a line of its own, so that large files stay readable.
 * @param {string} name
 * @param {object} what the rest
 * @param {string} key of the rows
 * @param {readonly unknown[]} rows
 */
export function writeRows(name, what, key, rows) {
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  writeResult(name, `${JSON.stringify(what).slice(0, -1)},"${key}":[\n${lines}\n]}\n`);
}

/** @param {string} name @returns {any} what the file holds; undefined when there is none */
export function readResult(name) {
  try {
    return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

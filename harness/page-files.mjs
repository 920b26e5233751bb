// @ts-check
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** The built scripts that pages load, by path: files of the repository. */
export const pageScripts = {
  /** A module. */
  '/hls.js': 'node_modules/hls.js/dist/hls.min.mjs',
  /** A script that sets `Hls`. */
  '/hls.global.js': 'node_modules/hls.js/dist/hls.min.js',
  '/p2p-loader.js': 'packages/p2p-loader/dist/index.js',
  '/swarm.js': 'packages/p2p-loader/dist/swarm.js',
  '/low-latency.js': 'packages/p2p-loader/dist/low-latency.js',
  /** A script that sets `liveTorrentP2PLoader`. */
  '/classic.js': 'packages/p2p-loader/dist/classic.js',
  '/sw.js': 'packages/sw-proxy/dist/sw.js',
};

/** @type {{ readonly [extension: string]: string }} */
const TYPES = {
  '': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.ts': 'video/mp2t',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.vtt': 'text/vtt',
};

/** Content-Type of what is at a path. @param {string} path */
export const typeOf = (path) => TYPES[extname(path)] ?? 'application/octet-stream';

/** The texts of those scripts, by path; of all of them at once. @returns {Map<string, string>} */
export const readScripts = () =>
  new Map(Object.entries(pageScripts).map(([path, file]) => [path, readFileSync(join(root, file), 'utf8')]));

/**
 * Sends a page or a script.
 * @param {import('node:http').ServerResponse} response
 * @param {string} path
 * @param {string} text
 */
export function sendFile(response, path, text) {
  response.writeHead(200, { 'content-type': typeOf(path), 'cache-control': 'no-cache' }).end(text);
}

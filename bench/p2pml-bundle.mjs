// @ts-check
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';

/** @param {string} path */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Bundles the page script of p2p-media-loader, with the hls.js that the other deliveries run. */
export async function bundleP2pml() {
  const bundle = await rollup({
    input: at('./pages/p2pml.js'),
    // Its bundle of bittorrent-tracker's client expects what a bundler of Node code would give it.
    plugins: [
      { name: 'node-globals', banner: 'globalThis.process ??= { env: {}, browser: true, nextTick: queueMicrotask };' },
      nodeResolve({ browser: true, preferBuiltins: false }),
      commonjs(),
      terser(),
    ],
    onwarn() {},
  });
  await bundle.write({
    file: at('../node_modules/.cache/live-torrent/bench/p2pml.js'),
    format: 'es',
    inlineDynamicImports: true,
  });
  await bundle.close();
}

// @ts-check
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';

/** @param {string} path */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Deliveries whose page script imports packages, and what stands before it. @type {Record<string, string>} */
const BUNDLED = {
  // Its bundle of bittorrent-tracker's client expects what a bundler of Node code would give it. Its hls.js is the one that the other deliveries run.
  p2pml: 'globalThis.process ??= { env: {}, browser: true, nextTick: queueMicrotask };',
  torrents: '',
};

/**
 * Bundles the page scripts of those deliveries that need it.
 * @param {string[]} deliveries
 */
export async function bundlePages(deliveries) {
  for (const [name, banner] of Object.entries(BUNDLED)) {
    if (!deliveries.includes(name)) continue;
    const bundle = await rollup({
      input: at(`./pages/${name}.js`),
      // Served beside it, as it was built.
      external: ['/swarm.js'],
      makeAbsoluteExternalsRelative: false,
      plugins: [nodeResolve({ browser: true, preferBuiltins: false }), commonjs(), terser()],
      onwarn() {},
    });
    const file = at(`../../node_modules/.cache/live-torrent/bench/${name}.js`);
    await bundle.write({ file, format: 'es', banner, inlineDynamicImports: true });
    await bundle.close();
  }
}

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import license from 'rollup-plugin-license';
import { browserWebtorrent } from './packages/p2p-loader/vendor/rollup-plugin.mjs';
import { privateNames } from './scripts/private-names.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Functions that are used once stay declarations, and debugging goes: for what it saves at run time, see ARCHITECTURE.md, "Builds". */
const compress = { passes: 2, reduce_funcs: false, pure_funcs: ['this._debug', 'self._debug', 'debug'] };

/** Leaves what is imported dynamically to the bundle of that name beside this one. */
const apart = {
  name: 'apart',
  resolveDynamicImport: (id) => (typeof id === 'string' ? { id: `./${basename(id)}`, external: 'absolute' } : null),
};

/** One bundle, an ES module or a classic script with a global `name`. Unresolved imports and missing names fail the build; licences of what is inside stay in the output. */
function bundle({ input, file, name, plugins = [], external = [], browser = true, minify = true }) {
  return {
    input: at(input),
    external,
    output: { file: at(file), format: name ? 'iife' : 'es', name, sourcemap: 'hidden', inlineDynamicImports: true },
    plugins: [
      ...plugins,
      nodeResolve({ browser, preferBuiltins: !browser }),
      commonjs(),
      json(),
      ...(minify ? [terser({ format: { comments: false }, compress }), privateNames()] : []),
      license({ thirdParty: { output: at(`${file}.LICENSES.txt`), includePrivate: false } }),
    ],
    onwarn(warning, warn) {
      if (['UNRESOLVED_IMPORT', 'MISSING_EXPORT'].includes(warning.code))
        throw new Error(`${input}: ${warning.message}`);
      if (warning.code === 'THIS_IS_UNDEFINED' || warning.code === 'CIRCULAR_DEPENDENCY') return;
      warn(warning);
    },
  };
}

const cli = JSON.parse(readFileSync(at('packages/cli/package.json'), 'utf8'));
const cliExternals = Object.keys({ ...cli.dependencies, ...cli.peerDependencies });
const isCliExternal = (id) =>
  id.startsWith('node:') || cliExternals.some((name) => id === name || id.startsWith(`${name}/`));

/** What the CLI serves beside the demo page's own files. */
const SERVED = {
  'hls.js': 'node_modules/hls.js/dist/hls.min.mjs',
  'p2p-loader.js': 'packages/p2p-loader/dist/index.js',
  'swarm.js': 'packages/p2p-loader/dist/swarm.js',
  'shadow.js': 'packages/p2p-loader/dist/shadow.js',
  'low-latency.js': 'packages/p2p-loader/dist/low-latency.js',
  'report.js': 'packages/p2p-loader/dist/report.js',
  'sw.js': 'packages/sw-proxy/dist/sw.js',
};

/** In the order in which they apply; the page has one style sheet. */
const STYLES = ['theme', 'layout', 'controls', 'figures'];

/** Puts what the demo page needs besides its own scripts beside the CLI's bundle. Runs after the other bundles are made. */
const copyPage = {
  name: 'copy-page',
  buildStart() {
    const [from, folder] = [at('packages/cli/public/'), at('packages/cli/dist/public/')];
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ['index.html', 'dashboard.html', 'favicon.svg'])
      copyFileSync(`${from}${name}`, `${folder}${name}`);
    const styles = STYLES.map((name) => readFileSync(`${from}styles/${name}.css`, 'utf8'));
    writeFileSync(`${folder}style.css`, styles.join('\n'));
    const charts = readFileSync(at('node_modules/uplot/dist/uPlot.min.css'), 'utf8');
    writeFileSync(`${folder}dashboard.css`, charts + readFileSync(`${from}styles/dashboard.css`, 'utf8'));
    for (const [name, path] of Object.entries(SERVED)) copyFileSync(at(path), `${folder}${name}`);
  },
};

/** The demo page: what it needs to play is one file, what it shows besides another. A browser asks for six files at a time (HTTP/1.1). */
const page = {
  input: at('packages/cli/public/page.js'),
  external: ['/hls.js', '/p2p-loader.js'],
  makeAbsoluteExternalsRelative: false,
  output: { dir: at('packages/cli/dist/public'), format: 'es', chunkFileNames: '[name].js' },
  plugins: [copyPage],
};

/** The same where one of the two that it imports cannot be loaded. */
const rescue = {
  input: at('packages/cli/public/rescue.js'),
  output: { dir: at('packages/cli/dist/public'), format: 'es', chunkFileNames: 'rescue-[name].js' },
};

export default [
  bundle({ input: 'packages/sw-proxy/lib/sw.js', file: 'packages/sw-proxy/dist/sw.js' }),
  bundle({ input: 'packages/sw-proxy/lib/index.js', file: 'packages/sw-proxy/dist/index.js' }),
  bundle({
    input: 'packages/sw-proxy/lib/index.js',
    file: 'packages/sw-proxy/dist/classic.js',
    name: 'liveTorrentSwProxy',
  }),
  bundle({ input: 'packages/p2p-loader/lib/index.js', file: 'packages/p2p-loader/dist/index.js', plugins: [apart] }),
  bundle({ input: 'packages/p2p-loader/lib/shadow.js', file: 'packages/p2p-loader/dist/shadow.js', plugins: [apart] }),
  bundle({ input: 'packages/p2p-loader/lib/low-latency.js', file: 'packages/p2p-loader/dist/low-latency.js' }),
  bundle({ input: 'packages/p2p-loader/lib/report.js', file: 'packages/p2p-loader/dist/report.js' }),
  bundle({
    input: 'packages/p2p-loader/lib/swarm.js',
    file: 'packages/p2p-loader/dist/swarm.js',
    plugins: [browserWebtorrent()],
  }),
  bundle({
    input: 'packages/p2p-loader/lib/index.js',
    file: 'packages/p2p-loader/dist/classic.js',
    name: 'liveTorrentP2PLoader',
    plugins: [browserWebtorrent()],
  }),
  bundle({ input: 'packages/p2p-loader/lib/overlay.js', file: 'packages/p2p-loader/dist/overlay.js' }),
  bundle({
    input: 'packages/cli/lib/bin.js',
    file: 'packages/cli/dist/bin.js',
    external: isCliExternal,
    browser: false,
    minify: false,
  }),
  page,
  bundle({ input: 'packages/cli/public/dashboard.js', file: 'packages/cli/dist/public/dashboard.js' }),
  rescue,
];

// @ts-check
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Entry points that bring types, by package. */
const entryPoints = {
  'manifest-magnetizer': ['src/index.ts', 'src/info.ts', 'src/torrent.ts', 'src/node/index.ts'],
  'sw-proxy': ['src/index.ts', 'src/protocol.ts'],
  'p2p-loader': ['src/index.ts', 'src/overlay.ts'],
  helper: ['src/index.ts'],
  tracker: ['src/index.ts'],
  metrics: ['src/index.ts'],
};

/** Writes docs/reference from the doc comments: `npm run docs`. */
for (const [name, files] of Object.entries(entryPoints)) {
  const { status } = spawnSync(
    'npx',
    [
      'typedoc',
      ...['--plugin', 'typedoc-plugin-markdown', '--router', 'module', '--readme', 'none', '--disableSources'],
      ...['--excludeExternals', '--hideBreadcrumbs', '--hidePageHeader', '--useHTMLAnchors', '--logLevel', 'Error'],
      ...['--out', `../../docs/reference/${name}`],
      ...files,
    ],
    { cwd: fileURLToPath(new URL(`../packages/${name}/`, import.meta.url)), stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}

// @ts-check
/**
 * Writes the public API of the libraries, one report per entry point, into packages/NAME/etc: what reviews look at.
 * Reads the declarations of the build.
 *
 *     node scripts/api-report.mjs [--check]
 *
 * With `--check` it writes nothing, and fails where a report is not up to date.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const libraries = ['manifest-magnetizer', 'sw-proxy', 'p2p-loader', 'helper', 'tracker', 'metrics'];
const check = process.argv.includes('--check');

/**
 * @param {string} library
 * @returns {{ name: string, declarations: string }[]} the entry points that have types
 */
function entriesOf(library) {
  /** @type {{ exports: Record<string, string | { types: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(root, 'packages', library, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return [];
    return [{ name: `${library}${subpath.slice(1).replaceAll('/', '.')}`, declarations: target.types }];
  });
}

/** @param {string} library @param {{ name: string, declarations: string }} entry */
function configOf(library, { name, declarations }) {
  const folder = join(root, 'packages', library);
  const entry = join(folder, declarations);
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm run build`);
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: entry,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.base.json'),
          compilerOptions: { lib: ['ES2022', 'DOM', 'DOM.Iterable', 'WebWorker'], types: ['node'], composite: false },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(folder, 'etc'),
        reportTempFolder: join(root, 'node_modules/.cache/live-torrent/api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

let outdated = 0;
for (const library of libraries) {
  mkdirSync(join(root, 'packages', library, 'etc'), { recursive: true });
  const configs = entriesOf(library).map((entry) => configOf(library, entry));
  const [first, ...others] = configs;
  if (first === undefined) continue;
  // One program for all entry points: reading the declarations is most of the work.
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  for (const config of configs) {
    const { apiReportChanged, succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: !check,
      messageCallback: (message) => {
        // That a report is new or outdated is said below.
        if (message.category === 'console') message.handled = true;
      },
    });
    console.log(
      `${apiReportChanged ? (check ? 'outdated  ' : 'written   ') : 'unchanged '} ${config.reportFilePath.slice(root.length)}`,
    );
    if (apiReportChanged || !succeeded) outdated++;
  }
}
if (check && outdated > 0) {
  console.error('The public API has changed: run npm run api, and look at the difference.');
  process.exitCode = 1;
}

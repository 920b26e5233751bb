// @ts-check
/**
 * Runs every check: lint, types of the tests, jest's node project, jest's browser project (one file at a time: they
 * measure play). All of them, whatever fails, then says which failed and how many tests passed.
 *
 *     npm test [-- arguments for jest]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './prepare/paths.mjs';

const jestArguments = process.argv.slice(2);
const results = mkdtempSync(join(tmpdir(), 'live-torrent-test-'));
/** @param {string} name */
const bin = (name) => join(root, 'node_modules', name);

/** @param {string[]} args for Node @returns {Promise<number>} exit code */
const node = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });

/** @param {string[]} args for Node @returns {Promise<{ passed: number, failed: number }>} as one check */
async function check(args) {
  const ok = (await node(args)) === 0;
  return { passed: 0, failed: ok ? 0 : 1 };
}

/** @param {string} project @param {string[]} args */
async function jest(project, args) {
  const outputFile = join(results, `${project}.json`);
  const code = await node([
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    bin('jest/bin/jest.js'),
    ...['--selectProjects', project, '--json', `--outputFile=${outputFile}`],
    ...args,
    ...jestArguments,
  ]);
  if (!existsSync(outputFile)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(outputFile, 'utf8'));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
}

/** @type {[string, () => Promise<{ passed: number, failed: number }>][]} */
const steps = [
  ['lint', () => check([bin('@biomejs/biome/bin/biome'), 'check', '.'])],
  ['types of the tests', () => check([bin('typescript/bin/tsc'), '-p', 'tsconfig.test.json'])],
  ['API reports', () => check([join(root, 'scripts/api-report.mjs'), '--check'])],
  ['unit and property tests', () => jest('node', ['--passWithNoTests'])],
  ['browser tests', () => jest('browser', ['--passWithNoTests', '--runInBand'])],
];

let passed = 0;
let failed = 0;
const summary = [];
for (const [title, run] of steps) {
  console.log(`\n── ${title}`);
  const begun = Date.now();
  const result = await run();
  passed += result.passed;
  failed += result.failed;
  summary.push(`${result.failed === 0 ? '✓' : '✗'} ${title} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}
rmSync(results, { recursive: true, force: true });
console.log(`\n${summary.join('\n')}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

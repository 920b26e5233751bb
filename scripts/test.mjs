// @ts-check
/**
 * Runs every check, whatever fails, then says which failed and how many tests passed. Jest's browser project runs one file
 * at a time, since it measures play. Everything else (lint, types of the tests, API reports, jest's node project) runs
 * beside it at the lowest priority, one at a time: it takes only what the browsers leave, and its output is shown check by
 * check.
 *
 *     npm test [-- arguments for jest]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './prepare/paths.mjs';

const jestArguments = process.argv.slice(2);
const results = mkdtempSync(join(tmpdir(), 'live-torrent-test-'));
/** @param {string} name */
const bin = (name) => join(root, 'node_modules', name);

/**
 * @typedef {{ passed: number, failed: number }} Result
 * @typedef {(args: string[]) => Promise<number>} Run Node with these arguments: its exit code
 */

/** @type {Run} */
const inFront = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });

/** @param {string} title @returns {Run} that shows its output once it has ended */
const behind = (title) => (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', () => resolve(1));
    child.on('close', (code) => {
      process.stdout.write(`\n── ${title}\n${Buffer.concat(output).toString()}`);
      resolve(code ?? 1);
    });
  });

/** @param {Run} node @param {string[]} args @returns {Promise<Result>} */
async function check(node, args) {
  return { passed: 0, failed: (await node(args)) === 0 ? 0 : 1 };
}

/** @param {Run} node @param {string} project @param {string[]} args @returns {Promise<Result>} */
async function jest(node, project, args) {
  const outputFile = join(results, `${project}.json`);
  const code = await node([
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    bin('jest/bin/jest.js'),
    ...['--selectProjects', project, '--json', `--outputFile=${outputFile}`, '--passWithNoTests'],
    ...args,
    ...jestArguments,
  ]);
  if (!existsSync(outputFile)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(outputFile, 'utf8'));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
}

/**
 * What a suite leaves in memory stays until its worker ends: beyond the limit jest makes a new one.
 * @type {[string, (node: Run) => Promise<Result>][]}
 */
const quick = [
  ['lint', (node) => check(node, [bin('@biomejs/biome/bin/biome'), 'check', '.'])],
  ['types of the tests', (node) => check(node, [bin('typescript/bin/tsc'), '-p', 'tsconfig.test.json'])],
  ['types of the simulator', (node) => check(node, [bin('typescript/bin/tsc'), '-p', 'bench/simulate'])],
  ['API reports', (node) => check(node, [join(root, 'scripts/api-report.mjs'), '--check'])],
  ['unit and property tests', (node) => jest(node, 'node', ['--maxWorkers=1', '--workerIdleMemoryLimit=1GB'])],
];

let passed = 0;
let failed = 0;
/** @type {string[]} */
const summary = [];
/** @param {string} title @param {() => Promise<Result>} run */
async function step(title, run) {
  const begun = Date.now();
  const result = await run();
  passed += result.passed;
  failed += result.failed;
  summary.push(`${result.failed === 0 ? '✓' : '✗'} ${title} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}

async function all() {
  for (const [title, run] of quick) await step(title, () => run(behind(title)));
}

console.log('── browser tests, and everything else beside them');
await Promise.all([all(), step('browser tests', () => jest(inFront, 'browser', ['--runInBand']))]);
rmSync(results, { recursive: true, force: true });
console.log(`\n${summary.join('\n')}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

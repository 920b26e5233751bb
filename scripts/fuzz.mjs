// @ts-check
/**
 * Fuzzes all that reads what others have written, each reader for FUZZ_SECONDS (60). FUZZ_SEED is that of a run that has found something.
 *
 *     npm run test:fuzz [-- -t playlists]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './prepare/paths.mjs';

const args = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
];
const { status } = spawnSync(
  process.execPath,
  [...args, 'test/fuzz.test.ts', ...process.argv.slice(2), '--selectProjects', 'node'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { FUZZ_SECONDS: '60', ...process.env },
  },
);
process.exitCode = status ?? 1;

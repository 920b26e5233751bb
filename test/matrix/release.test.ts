import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { packages, root } from '../support/packages.js';

jest.setTimeout(300_000);

it('npm run release -- --dry-run packs every package offline, and says what a person has to do', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/release.mjs'), '--dry-run'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^version \d+\.\d+\.\d+ by lerna/);
  for (const { manifest } of packages) expect(stdout).toMatch(new RegExp(`${manifest.name} +\\d+ files +\\d+ KB`));
  expect(stdout).toContain('What a person has to do:');
});

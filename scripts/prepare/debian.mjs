// @ts-check
import { existsSync } from 'node:fs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Whether Debian packages can be installed by this very process. */
export const canInstallPackages = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/**
 * Installs Debian packages.
 * @param {readonly string[]} names
 */
export async function installPackages(names) {
  await step(`installing Debian's ${names.join(', ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env, timeoutMs: 3 * 60_000 });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...names], { env });
  });
}

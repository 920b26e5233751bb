// @ts-check
import { existsSync } from 'node:fs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Whether Debian packages can be installed by this very process. */
export const canInstallPackages = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/**
 * Installs a Debian package.
 * @param {string} name
 */
export async function installPackage(name) {
  await step(`installing Debian's package ${name}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env, timeoutMs: 3 * 60_000 });
    await run('apt-get', ['install', '-y', '--no-install-recommends', name], { env });
  });
}

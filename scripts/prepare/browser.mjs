// @ts-check
import { join } from 'node:path';
import { findChromium } from '../find-browser.mjs';
import { canInstallPackages, installPackages } from './debian.mjs';
import { root } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';

/** Where there is no internet a download hangs for minutes: no progress by then, no download. */
const FIRST_PROGRESS_MS = 20_000;

const advice =
  'No Chromium was found and none could be installed. Install one (Debian, as root: apt-get install chromium), ' +
  'or name one that you have: CHROME_PATH=/path/to/chrome';

function downloadByPlaywright() {
  const playwright = join(root, 'node_modules/playwright-core/cli.js');
  return step("downloading playwright's Chromium", () =>
    run(process.execPath, [playwright, 'install', 'chromium', '--no-shell'], {
      sign: { within: FIRST_PROGRESS_MS, pattern: /\d% of / },
      timeoutMs: 10 * 60_000,
    }),
  );
}

/**
 * Finds a Chromium, or installs one.
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to do when there is none
 */
export async function ensureBrowser() {
  const present = findChromium();
  if (present !== undefined) return present;
  const failures = [];
  for (const install of [
    downloadByPlaywright,
    ...(canInstallPackages() ? [() => installPackages(['chromium'])] : []),
  ]) {
    try {
      await install();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      continue;
    }
    const installed = findChromium();
    if (installed !== undefined) return installed;
    failures.push('It was installed, but it does not run here.');
  }
  throw new Error([advice, ...failures].join('\n\n'));
}

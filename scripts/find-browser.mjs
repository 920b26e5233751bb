// @ts-check
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Names that Chromium and its kin go by in PATH, the plain one first. */
const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable'];

/** Where Chromium and its kin lie on systems that do not put them in PATH. */
const places = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData']
    .map((name) => process.env[name])
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'Google/Chrome/Application/chrome.exe')),
};

/** How long `--version` may take, ms. */
const VERSION_TIMEOUT_MS = 20_000;

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} path a program that is there may still be a stub, or lack its libraries: see whether it runs */
function runs(path) {
  if (!isExecutable(path)) return false;
  // Windows' Chrome prints no version.
  if (process.platform === 'win32') return true;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS });
  return status === 0 && /chrom|edge/i.test(stdout);
}

/** What playwright downloaded, newest first. */
function playwrightBrowsers() {
  const caches = { darwin: 'Library/Caches/ms-playwright', win32: 'AppData/Local/ms-playwright' };
  const fallback = join(homedir(), caches[/** @type {keyof caches} */ (process.platform)] ?? '.cache/ms-playwright');
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH ?? fallback;
  const binaries = [
    'chrome-linux64/chrome',
    'chrome-linux/chrome',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-win64/chrome.exe',
    'chrome-win/chrome.exe',
  ];
  try {
    return readdirSync(cache)
      .filter((name) => /^chromium-\d+$/.test(name))
      .sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
      .flatMap((name) => binaries.map((binary) => join(cache, name, binary)));
  } catch {
    return [];
  }
}

/**
 * The path of a Chromium that runs: the one CHROME_PATH names, else the system's, else one that playwright downloaded.
 * @param {Record<string, string | undefined>} [env]
 * @returns {string | undefined} `undefined` when there is none
 * @throws {Error} when CHROME_PATH names something that does not run
 */
export function findChromium(env = process.env) {
  if (env.CHROME_PATH) {
    if (runs(env.CHROME_PATH)) return env.CHROME_PATH;
    throw new Error(`CHROME_PATH=${env.CHROME_PATH} is no Chromium that runs; correct it or unset it`);
  }
  const folders = (env.PATH ?? '').split(delimiter);
  return [
    ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...(places[/** @type {keyof places} */ (process.platform)] ?? []),
    ...playwrightBrowsers(),
  ].find(runs);
}

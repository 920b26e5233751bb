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

/**
 * A program that is there may still be a stub, or lack its libraries: see whether it runs.
 * @param {string} path
 * @param {RegExp} name what `--version` prints
 */
function runs(path, name) {
  if (!isExecutable(path)) return false;
  // Windows' browsers print no version.
  if (process.platform === 'win32') return true;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS });
  return status === 0 && name.test(stdout);
}

/**
 * @param {readonly string[]} commands
 * @param {Record<string, string | undefined>} env
 */
function inPath(commands, env) {
  const folders = (env.PATH ?? '').split(delimiter);
  return commands.flatMap((command) => folders.map((folder) => join(folder, command)));
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
  const name = /chrom|edge/i;
  if (env.CHROME_PATH) {
    if (runs(env.CHROME_PATH, name)) return env.CHROME_PATH;
    throw new Error(`CHROME_PATH=${env.CHROME_PATH} is no Chromium that runs; correct it or unset it`);
  }
  return [
    ...inPath(commands, env),
    ...(places[/** @type {keyof places} */ (process.platform)] ?? []),
    ...playwrightBrowsers(),
  ].find((path) => runs(path, name));
}

/**
 * The path of a Firefox that runs: the one FIREFOX_PATH names, else the system's.
 * @param {Record<string, string | undefined>} [env]
 * @returns {string | undefined} `undefined` when there is none
 * @throws {Error} when FIREFOX_PATH names something that does not run
 */
export function findFirefox(env = process.env) {
  const name = /firefox/i;
  if (env.FIREFOX_PATH) {
    if (runs(env.FIREFOX_PATH, name)) return env.FIREFOX_PATH;
    throw new Error(`FIREFOX_PATH=${env.FIREFOX_PATH} is no Firefox that runs; correct it or unset it`);
  }
  return [
    ...inPath(['firefox', 'firefox-esr'], env),
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    join(env.ProgramFiles ?? 'C:/Program Files', 'Mozilla Firefox/firefox.exe'),
  ].find((path) => runs(path, name));
}

/**
 * The paths of WebKitGTK's WebDriver and of the small browser that comes with it.
 * @param {Record<string, string | undefined>} [env]
 * @returns {{ driver: string, browser: string } | undefined} `undefined` when one of them is missing
 */
export function findWebKitGtk(env = process.env) {
  const driver = inPath(['WebKitWebDriver'], env).find(isExecutable);
  if (!driver) return undefined;
  const browser = [
    '/usr/libexec',
    '/usr/lib64',
    '/usr/lib',
    ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`),
  ]
    .flatMap((folder) => ['webkitgtk-6.0', 'webkit2gtk-4.1'].map((version) => join(folder, version, 'MiniBrowser')))
    .find(isExecutable);
  return browser ? { driver, browser } : undefined;
}

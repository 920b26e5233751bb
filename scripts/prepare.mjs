// @ts-check
/**
 * Makes a clone ready to start or test: dependencies, build, and on demand a Chromium, ffmpeg, and the servers and players of the matrix.
 * Plain Node, since it is what installs everything else. Does nothing, fast, where all is ready.
 *
 *     node scripts/prepare.mjs [--browser | --browser=optional] [--ffmpeg] [--matrix]
 */
import { ensureBrowser } from './prepare/browser.mjs';
import { build } from './prepare/build.mjs';
import { installDependencies } from './prepare/dependencies.mjs';
import { recall, remember } from './prepare/paths.mjs';
import { ensurePrograms } from './prepare/programs.mjs';

const known = ['--browser', '--browser=optional', '--ffmpeg', '--matrix'];
const flags = process.argv.slice(2);
const unknown = flags.filter((flag) => !known.includes(flag));

/** Once is enough to try: serving needs no browser on this machine. */
async function ensureBrowserOnce() {
  if (recall('browser') !== undefined) return;
  try {
    remember('browser', await ensureBrowser());
  } catch (error) {
    console.log(`${error instanceof Error ? error.message : error}\n\nThe page can be opened in any other browser.`);
    remember('browser', 'none');
  }
}

async function prepare() {
  if (unknown.length > 0) throw new Error(`unknown flag ${unknown.join(', ')}; known: ${known.join(', ')}`);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node ${process.versions.node} is too old: live-torrent needs 20.19 or newer (https://nodejs.org)`);
  }
  await installDependencies();
  await build();
  if (flags.includes('--browser=optional')) await ensureBrowserOnce();
  if (flags.includes('--browser')) await ensureBrowser();
  if (flags.includes('--ffmpeg')) await ensurePrograms(['ffmpeg']);
  if (flags.includes('--matrix')) await ensurePrograms(['nginx', 'redis', 'GStreamer', 'VLC', 'mpv']);
}

try {
  await prepare();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

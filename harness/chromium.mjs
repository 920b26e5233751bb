// @ts-check
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../scripts/find-browser.mjs';

/**
 * Off: names instead of addresses in WebRTC's candidates, and the address bar's own pages, of which each window starts two with a process, to
 * load and to collect garbage while viewers are measured.
 */
const DISABLED = ['WebRtcHideLocalIpsWithMdns', 'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];

/** Keep timers and WebRTC of all viewers going as they would in a visible window, on loopback, without side traffic. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  `--disable-features=${DISABLED.join(',')}`,
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--mute-audio',
];

/**
 * What the Chromium of tests and benchmarks is started by.
 * @throws {Error} when there is none
 */
export function chromiumCommand() {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: run npm test, or name one by CHROME_PATH');
  return { executablePath, args: chromiumFlags };
}

/**
 * The same, run by another command.
 * @param {readonly string[]} words that command, such as `ip netns exec NAME`; the program and its arguments follow
 * @param {string} folder for the script that does so
 */
export function chromiumCommandBy(words, folder) {
  const { executablePath: chromium, args } = chromiumCommand();
  const executablePath = join(folder, 'chromium');
  writeFileSync(executablePath, `#!/bin/sh\nexec ${[...words, chromium].map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(executablePath, 0o755);
  return { executablePath, args };
}

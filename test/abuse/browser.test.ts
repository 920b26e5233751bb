import { chromiumFlags } from '../../harness/chromium.mjs';
import { browserRows } from './rows/browser.js';
import { playRows } from './support/play-rows.js';

/** Flags that keep hidden pages going as if they were seen: here they shall not. */
const AWAKE = /background|occluded/;

playRows('browser', browserRows, {
  args: chromiumFlags.filter((flag) => !AWAKE.test(flag) || flag === '--disable-background-networking'),
});

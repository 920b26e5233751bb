/** Starts the page where hls.js or the loader cannot be loaded: `page.js`, which imports both, does not run then. */
import { start } from './start.js';

const load = (url) => import(url).catch((error) => void console.warn(`live-torrent: no ${url}:`, error));

if (document.documentElement.dataset.started === undefined) {
  const [hls, library] = await Promise.all([load('/hls.js'), load('/p2p-loader.js')]);
  start(hls?.default, library);
}

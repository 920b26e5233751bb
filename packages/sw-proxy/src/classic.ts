/** For `importScripts`: the build of this file is one script that sets the global `liveTorrentSwProxy`. */
export { createSwProxy } from './index.js';

/**
 * What exchanges segments with other viewers, and the libraries that it stands on. A bundle of its own, which `load-swarm.ts` loads when the
 * first segment is here: nothing before the first frame needs it.
 */
export { Discovery } from './mesh/discovery.js';
export { Link } from './mesh/link.js';
export { Torrents } from './segment/torrents.js';

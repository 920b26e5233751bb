/**
 * A viewer without a screen, for Node: it joins the mesh of a magnetized playlist, holds its segments and gives them to those who watch.
 */
export { createHelper, Helper, type HelperEvents } from './helper.js';
export type { HelperOptions, Renditions } from './options.js';
export type { HelperStats, ViewerStats } from './stats.js';

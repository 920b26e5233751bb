/** Modules of the loader's schedule that the simulator runs. */
const MODULES = [
  'announcements',
  'delivery',
  'exchange',
  'fair-share',
  'gossip',
  'mesh-size',
  'policy',
  'scheduler',
  'telling',
];

/**
 * @typedef {typeof import('../../packages/p2p-loader/src/schedule/announcements.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/delivery.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/exchange.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/fair-share.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/gossip.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/mesh-size.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/policy.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/scheduler.js')
 *   & typeof import('../../packages/p2p-loader/src/schedule/telling.js')} Loader exports of all of them, as `simulate()` takes them
 */

/**
 * @param {(name: string) => Promise<object>} load imports one by its name: the command the built one, the tests the source
 */
export async function loadSchedule(load) {
  const loader = {};
  // One after the other: jest cannot link modules that import each other at the same time.
  for (const name of MODULES) Object.assign(loader, await load(name));
  return /** @type {Loader} */ (loader);
}

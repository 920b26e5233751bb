/** Modules of the loader's schedule that the simulator runs. */
const MODULES = [
  'announcements',
  'burden',
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
 * Exports of all of them, as `simulate()` takes them.
 * @param load imports one by its name: the command the built one, the tests the source
 */
export async function loadSchedule(load) {
  const loader = {};
  // One after the other: jest cannot link modules that import each other at the same time.
  for (const name of MODULES) Object.assign(loader, await load(name));
  return loader;
}

/**
 * Who goes to the origin, as the number in [0, 1] that the policy draws its timer with. `relays`: announcements and
 * hints are passed on, not only told to the own links.
 */
export const STRATEGIES = {
  /** The loader's. */
  policy: { relays: true, draw: (world) => () => world.random() },
  /** The same timers, but nothing is passed on. */
  timers: { relays: false, draw: (world) => () => world.random() },
  /** Timers spread evenly over the slack. */
  uniform: {
    relays: false,
    draw: (world) => (viewer) => {
      const lambda = world.loader.timerLambda(world.swarmSize(viewer));
      return Math.expm1(lambda * world.random()) / Math.expm1(lambda);
    },
  },
  /** The lowest rank among a viewer and its links goes at once, all others at their deadlines. */
  rank: {
    relays: false,
    draw: (world) => (viewer) => {
      const { to, degree } = world.graph;
      const rank = rankOf(viewer, world.segment);
      for (let slot = 0; slot < degree; slot++) {
        const other = to[viewer * degree + slot];
        if (other >= 0 && rankOf(other, world.segment) < rank) return 1;
      }
      return 0;
    },
  },
};

/** A viewer's rank for a segment: as good as random, the same for all who ask (an integer hash). */
function rankOf(viewer, segment) {
  let x = (viewer ^ Math.imul(segment + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

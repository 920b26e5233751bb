import { othersOf, rankOf } from './places.mjs';

/**
 * @typedef {{ relays: boolean, places?: boolean,
 *   draw: (world: import('./swarm.mjs').Swarm) => (viewer: number) => number }} Strategy
 */

/**
 * Who goes to the origin, as the number in [0, 1] that the policy draws its timer with. `relays`: announcements and
 * hints are passed on, not only told to the own links. `places`: first timers are drawn in the order of places.
 */
export const STRATEGIES = /** @satisfies {Record<string, Strategy>} */ ({
  /** The loader's. */
  policy: { relays: true, places: true, draw: (world) => () => world.random() },
  /** The same timers, but nothing is passed on. */
  timers: { relays: false, places: true, draw: (world) => () => world.random() },
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
      const rank = rankOf(viewer, world.segment);
      for (const other of othersOf(world.graph, viewer)) if (rankOf(other, world.segment) < rank) return 1;
      return 0;
    },
  },
});

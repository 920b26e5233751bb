/**
 * Who goes to the origin, as the number in [0, 1] that the policy draws its timer with. `relays`: announcements and
 * hints are passed on, not only told to the own links.
 */
export const STRATEGIES = {
  /** The loader's. */
  policy: { relays: true, draw: byPlaces },
  /** The same timers, but nothing is passed on. */
  timers: { relays: false, draw: byPlaces },
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

/** As the loader draws: in the order of places among the viewers at the other ends of links, and those that they are linked to. */
function byPlaces(world) {
  const { viewers } = world.options;
  const places = new Array(viewers);
  /** Of which segment they are. */
  const segments = new Int32Array(viewers).fill(-1);
  return (viewer) => {
    if (segments[viewer] !== world.segment) {
      segments[viewer] = world.segment;
      places[viewer] = placeOf(world, viewer);
    }
    return world.loader.drawnFrom(places[viewer], world.random());
  };
}

/** What places.ts' `placeFor` tells, whose ids would take longer. */
function placeOf({ graph, segment, linked }, viewer) {
  const known = new Set([viewer]);
  const own = rankOf(viewer, segment);
  for (const link of linked[viewer] ? othersOf(graph, viewer) : []) {
    known.add(link);
    for (const neighbour of othersOf(graph, link)) known.add(neighbour);
  }
  let rank = 0;
  for (const other of known) if (rankOf(other, segment) < own) rank += 1;
  return { rank, of: known.size };
}

/** @returns the viewers at the other ends of a viewer's links */
function* othersOf({ to, degree }, viewer) {
  for (let at = viewer * degree; at < (viewer + 1) * degree; at++) if (to[at] >= 0) yield to[at];
}

/** A viewer's rank for a segment: as good as random, the same for all who ask (an integer hash). */
function rankOf(viewer, segment) {
  let x = (viewer ^ Math.imul(segment + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

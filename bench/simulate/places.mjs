/**
 * What the loader's places.ts tells of a viewer, whose ids would take longer.
 * @param {Pick<import('./swarm.mjs').Swarm, 'graph' | 'segment' | 'linked'>} swarm
 * @param {number} viewer
 */
export function placeOf({ graph, segment, linked }, viewer) {
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

/**
 * @param {Pick<import('./graph.mjs').Graph, 'to' | 'degree'>} graph
 * @param {number} viewer
 * @returns the viewers at the other ends of a viewer's links
 */
export function* othersOf({ to, degree }, viewer) {
  for (let at = viewer * degree; at < (viewer + 1) * degree; at++) if (to[at] >= 0) yield to[at];
}

/** Whether one viewer's place for a segment is before another's. @param {number} segment @param {number} viewer @param {number} other */
export const isBefore = (segment, viewer, other) => rankOf(viewer, segment) < rankOf(other, segment);

/** A viewer's rank for a segment: as good as random, the same for all who ask (an integer hash). @param {number} viewer @param {number} segment */
export function rankOf(viewer, segment) {
  let x = (viewer ^ Math.imul(segment + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

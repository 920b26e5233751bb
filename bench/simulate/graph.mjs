import { shuffled } from './random.mjs';

/** Most links of a viewer: slots are bits of one word. */
export const MAX_DEGREE = 16;

/** @typedef {{ viewers: number, degree: number, to: Int32Array, back: Uint8Array }} Graph */

/**
 * A connected random graph in which every viewer has the same number of links: random rings laid over each other,
 * and a random matching when the degree is odd. Below `degree + 1` viewers it is the complete graph.
 * `to[v * degree + slot]` is the viewer at the other end (-1: none), `back` the slot of that link there.
 * @param {number} viewers
 * @param {number} wanted
 * @param {() => number} random
 */
export function randomGraph(viewers, wanted, random) {
  const degree = Math.max(1, Math.min(wanted, viewers - 1));
  const { graph, link } = emptyGraph(viewers, degree);
  if (viewers <= wanted + 1) {
    for (let a = 0; a < viewers; a++) for (let b = 0; b < a; b++) link(a, b);
    return graph;
  }
  for (let ring = 0; ring < degree >> 1; ring++) {
    const order = shuffled(viewers, random);
    for (let i = 0; i < viewers; i++) link(order[i], order[(i + 1) % viewers]);
  }
  if (degree % 2 === 1) {
    const order = shuffled(viewers, random);
    for (let i = 0; i + 1 < viewers; i += 2) link(order[i], order[i + 1]);
  }
  return graph;
}

/**
 * The same of viewers who join one after the other, as a tracker lets them meet: each offers links to a few random
 * ones of those who announced before it, who refuse when they have no room.
 * @param {number} wanted links of a viewer on average: half of them it offers itself
 * @param {number} remembered viewers that the tracker knows: the last so many
 * @param {number} viewers
 * @param {() => number} random
 */
export function growingGraph(viewers, wanted, remembered, random) {
  const { graph, link } = emptyGraph(viewers, Math.min(MAX_DEGREE, viewers - 1));
  const offers = Math.ceil(wanted / 2);
  for (let joiner = 1; joiner < viewers; joiner++) {
    const known = Math.min(joiner, remembered);
    const asked = new Set();
    while (asked.size < Math.min(offers, known)) asked.add(joiner - 1 - Math.floor(random() * known));
    for (const other of asked) link(joiner, other);
  }
  return graph;
}

/**
 * The same of viewers who are all there, try others and keep the best: in each round everybody links to somebody by chance, and ends the worst of its
 * links where it has more than it wants, unless the other has as few as must be.
 * @param {number} viewers @param {number} wanted
 * @param {{ rounds: number, fewest: number, score: (viewer: number, other: number) => number }} rule fewest: links that nobody is
 *   brought below; score: of the second for the first: the lower, the better
 * @param {() => number} random
 */
export function keptGraph(viewers, wanted, { rounds, fewest, score }, random) {
  const met = growingGraph(viewers, wanted, viewers, random);
  const links = Array.from({ length: viewers }, (_, viewer) => {
    const others = met.to.subarray(viewer * met.degree, (viewer + 1) * met.degree);
    return new Set(others.filter((other) => other >= 0));
  });
  for (let round = 0; round < rounds; round++) {
    for (const viewer of shuffled(viewers, random)) {
      const own = links[viewer];
      const newcomer = Math.floor(random() * viewers);
      if (newcomer === viewer || own.size >= MAX_DEGREE || links[newcomer].size >= MAX_DEGREE) continue;
      own.add(newcomer);
      links[newcomer].add(viewer);
      if (own.size <= wanted) continue;
      const spare = [...own].filter((other) => links[other].size > fewest);
      if (spare.length === 0) continue;
      const worst = spare.reduce((a, b) => (score(viewer, b) > score(viewer, a) ? b : a));
      own.delete(worst);
      links[worst].delete(viewer);
    }
  }
  const { graph, link } = emptyGraph(viewers, Math.min(MAX_DEGREE, viewers - 1));
  for (const [viewer, own] of links.entries()) for (const other of own) link(viewer, other);
  return graph;
}

/** A graph without links, and what adds one where both ends have room and have none yet. @param {number} viewers @param {number} degree */
function emptyGraph(viewers, degree) {
  const to = new Int32Array(viewers * degree).fill(-1);
  const back = new Uint8Array(viewers * degree);
  const used = new Uint8Array(viewers);
  /** @param {number} a @param {number} b */
  const link = (a, b) => {
    if (a === b || used[a] >= degree || used[b] >= degree) return;
    for (let slot = 0; slot < used[a]; slot++) if (to[a * degree + slot] === b) return;
    to[a * degree + used[a]] = b;
    to[b * degree + used[b]] = a;
    back[a * degree + used[a]] = used[b]++;
    back[b * degree + used[b] - 1] = used[a]++;
  };
  return { graph: { viewers, degree, to, back }, link };
}

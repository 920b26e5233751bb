import { DEFAULTS } from './options.mjs';
import { simulate } from './simulate.mjs';

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * The same simulation with several seeds: the run with the median copies, and the spread over all of them.
 * @param {Partial<import('./options.mjs').Options>} given
 * @param {number} seeds
 * @param {import('./loader.mjs').Loader} loader
 * @param {import('./simulate.mjs').OnSegment} [onSegment]
 */
export function simulateSeeds(given, seeds, loader, onSegment) {
  const first = given.seed ?? DEFAULTS.seed;
  const runs = Array.from({ length: seeds }, (_, i) => simulate({ ...given, seed: first + i }, loader, onSegment));
  const mean = median(runs.map(({ copies }) => copies.mean));
  const run = runs.find(({ copies }) => copies.mean === mean);
  if (!run) throw new Error('no run has the median of all');
  const all = runs.flatMap(({ copies }) => copies.all);
  return { ...run, copies: { ...run.copies, min: Math.min(...all), max: Math.max(...all), all } };
}

import { DEFAULTS } from './options.mjs';
import { simulate } from './simulate.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The same simulation with several seeds: the run with the median copies, and the spread over all of them. */
export function simulateSeeds(given, seeds, loader, onSegment) {
  const first = given.seed ?? DEFAULTS.seed;
  const runs = Array.from({ length: seeds }, (_, i) => simulate({ ...given, seed: first + i }, loader, onSegment));
  const mean = median(runs.map(({ copies }) => copies.mean));
  const run = runs.find(({ copies }) => copies.mean === mean);
  const all = runs.flatMap(({ copies }) => copies.all);
  return { ...run, copies: { ...run.copies, min: Math.min(...all), max: Math.max(...all), all } };
}

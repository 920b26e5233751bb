import { DEFAULTS } from './options.mjs';
import { seededRandom } from './random.mjs';
import { Swarm } from './swarm.mjs';

/** The value below which this share of sorted values lies. @param {ArrayLike<number>} sorted @param {number} share */
export function quantile(sorted, share) {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** @typedef {(counts: import('./swarm.mjs').Counts, segment: number) => void} OnSegment told the copies of each segment as it ends */

/**
 * Simulates a live stream.
 * @param {Partial<import('./options.mjs').Options>} given some of the options in options.mjs
 * @param {import('./loader.mjs').Loader} loader exports of policy.ts, gossip.ts, scheduler.ts and sessions.ts in packages/p2p-loader/src/schedule
 * @param {OnSegment} [onSegment]
 */
export function simulate(given, loader, onSegment = () => {}) {
  const options = { ...DEFAULTS, ...given };
  const swarm = new Swarm(options, loader, seededRandom(options.seed));
  /** @type {number[]} */
  const copies = [];
  /** @type {number[]} */
  const delays = [];
  let startup = 0;
  let messages = 0;
  let late = 0;
  const warmup = options.burst > 0 ? 0 : options.warmup;
  for (let i = 0; i < warmup + options.segments; i++) {
    const counts = swarm.run();
    onSegment(counts, i - warmup);
    if (i < warmup) {
      swarm.sessions.uploads.fill(0);
      continue;
    }
    copies.push(counts.copies);
    startup += counts.startup;
    messages += counts.messages;
    late += collectDelays(swarm, delays);
  }
  return {
    options,
    ...summary(options, copies, delays, swarm.sessions.uploads),
    startup,
    late,
    messages: messages / (options.viewers * options.segments),
  };
}

/** How long each viewer had to wait once the first had it and its own playlist named it; returns who came too late. @param {import('./swarm.mjs').Swarm} swarm @param {number[]} delays */
function collectDelays(swarm, delays) {
  const { state, counts, options } = swarm;
  let late = 0;
  for (let viewer = 0; viewer < options.viewers; viewer++) {
    if (!state.listed[viewer] || !swarm.present[viewer] || swarm.liars[viewer]) continue;
    if (state.doneAt[viewer] > state.neededAt[viewer]) late += 1;
    if (!state.done[viewer]) continue;
    delays.push(Math.max(0, state.doneAt[viewer] - Math.max(counts.firstAt, state.listedAt[viewer])));
  }
  return late;
}

/** @param {import('./options.mjs').Options} options @param {number[]} copies @param {number[]} delays @param {Float64Array} uploads */
function summary(options, copies, delays, uploads) {
  /** @param {number} sum @param {number} count */
  const mean = copies.reduce((sum, count) => sum + count, 0) / copies.length;
  /** @param {number} sum @param {number} count */
  const variance = copies.reduce((sum, count) => sum + (count - mean) ** 2, 0) / Math.max(1, copies.length - 1);
  const sorted = Float64Array.from(delays).sort();
  let sum = 0;
  let busiest = 0;
  for (const upload of uploads) {
    sum += upload;
    busiest = Math.max(busiest, upload);
  }
  const meanUpload = sum / uploads.length;
  return {
    copies: { mean, deviation: Math.sqrt(variance), min: Math.min(...copies), max: Math.max(...copies), all: copies },
    delay: {
      p50: quantile(sorted, 0.5),
      p90: quantile(sorted, 0.9),
      p99: quantile(sorted, 0.99),
      max: quantile(sorted, 1),
    },
    /** Copies sent per viewer and segment, the busiest viewer's share of the mean, and of the uplink. */
    uplink: {
      mean: meanUpload / options.segments,
      busiest: meanUpload > 0 ? busiest / meanUpload : 0,
      use: meanUpload / options.segments / ((options.uplink * options.duration) / 1000),
    },
  };
}

// @ts-check

/** From the first viewer of a burst to all the others, ms. */
const BURST_AFTER_MS = 10_000;

/** When each viewer joins, ms from the start. @param {{ viewers: number, joinMs: number, joinPattern: string }} spec */
export function joinTimes({ viewers, joinMs, joinPattern }) {
  return Array.from({ length: viewers }, (_, i) => {
    if (joinPattern === 'at-once' || i === 0) return 0;
    return joinPattern === 'burst' ? BURST_AFTER_MS : i * joinMs;
  });
}

/** How long a run takes, without what starting and ending the browser need, ms. @param {Omit<import('../play/measure.mjs').Spec, 'delivery' | 'round'>} spec */
export const runMs = (spec) => Math.max(...joinTimes(spec)) + spec.steadyMs + spec.seconds * 1000;

/**
 * The order of all runs: interleaved, and in each round the deliveries begin with another one, so that what the machine does
 * meanwhile does not meet always the same.
 * @param {{ repeat: number, viewers: number[], deliveries: string[] }} options
 */
export function schedule({ repeat, viewers, deliveries }) {
  return Array.from({ length: repeat }, (_, i) => i + 1).flatMap((round) =>
    viewers.flatMap((count) =>
      deliveries.map((_, d) => ({
        round,
        viewers: count,
        delivery: /** @type {string} */ (deliveries[(d + round - 1) % deliveries.length]),
      })),
    ),
  );
}

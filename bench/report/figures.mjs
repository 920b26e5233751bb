// @ts-check
import { mean, median, percentile, sum } from '../../harness/statistics.mjs';

/** @typedef {import('../play/measure.mjs').Run} Run */
/** @typedef {import('../play/measure.mjs').Watched} Watched */

/** @param {readonly [sn: number, level: number, at: number, bytes: number]} arrival */
const keyOf = ([sn, level]) => `${level}/${sn}`;

/** Those who watched from before the measured time to its end. @param {Run} run */
const steadyViewers = ({ watched }) => watched.filter(({ before, leftAt }) => before && leftAt === undefined);

/**
 * The segments that appeared, and had time to reach all who stayed, within the measured time.
 * @param {Run} run
 */
function steadySegments(run) {
  const stayers = steadyViewers(run).map(
    ({ arrivals }) => new Map(arrivals.map((arrival) => [keyOf(arrival), arrival[2]])),
  );
  return run.served.filter(([key]) => stayers.every((arrivals) => (arrivals.get(key) ?? 0) >= run.beganAt));
}

/**
 * How long after both the first viewer had a segment and the own playlist named it each viewer had it, ms.
 * @param {Run} run
 * @returns {number[]} of all viewers and segments in steady state
 */
export function deliveryDelays(run) {
  const viewers = steadyViewers(run).map(({ arrivals, listed }) => ({
    arrived: new Map(arrivals.map((arrival) => [keyOf(arrival), arrival[2]])),
    listed: new Map(listed),
  }));
  return steadySegments(run).flatMap(([key]) => {
    const first = Math.min(
      ...run.watched.flatMap(({ arrivals }) => arrivals.filter((a) => keyOf(a) === key).map(([, , at]) => at)),
    );
    return viewers.map(
      ({ arrived, listed }) => /** @type {number} */ (arrived.get(key)) - Math.max(first, listed.get(key) ?? 0),
    );
  });
}

/**
 * The largest share of bytes that peers can carry in a whole run: the origin serves each segment once, and each later viewer
 * its first segment, for which nobody waits.
 * @param {Pick<Run, 'watched'>} run
 */
export function wholeRunBound({ watched }) {
  const sizes = new Map(watched.flatMap(({ arrivals }) => arrivals.map((arrival) => [keyOf(arrival), arrival[3]])));
  const later = [...watched].sort((a, b) => a.openedAt - b.openedAt).slice(1);
  const firsts = later.map(({ arrivals }) => arrivals[0]?.[3] ?? 0);
  return 1 - (sum([...sizes.values()]) + sum(firsts)) / arrivedBytes(watched);
}

/**
 * Bytes that all players got.
 * @param {readonly Watched[]} watched
 * @param {ReadonlySet<string>} [keys] only these segments
 */
const arrivedBytes = (watched, keys) =>
  sum(
    watched.flatMap(({ arrivals }) =>
      arrivals.filter((arrival) => !keys || keys.has(keyOf(arrival))).map(([, , , bytes]) => bytes),
    ),
  );

/**
 * The figures of one run.
 * @param {Run} run
 */
export function figures(run) {
  const { viewers, watched, beganAt, endedAt, joinedAt } = run;
  const stayers = steadyViewers(run);
  const steady = steadySegments(run);
  const seconds = (endedAt - beganAt) / 1000;
  const delays = deliveryDelays(run);
  const arrived = arrivedBytes(watched);
  const uploads = stayers.map(({ stats, joined, before }) => {
    const since = joined ?? before;
    return since ? stats.uploadedBytes - since.uploadedBytes : 0;
  });
  const firstFrames = watched.map(({ firstFrame }) => firstFrame ?? Number.NaN);
  const estimates = stayers.map(({ estimates }) => (estimates.at(-1)?.[1] ?? Number.NaN) / 1e6);
  return {
    segments: steady.length,
    copies: mean(steady.map(([, bytes, , length]) => bytes / length)),
    requests: mean(steady.map(([, , requests]) => requests)),
    peerShare: 1 - sum(steady.map(([, bytes]) => bytes)) / arrivedBytes(watched, new Set(steady.map(([key]) => key))),
    peerShareWholeRun: 1 - sum(run.served.map(([, bytes]) => bytes)) / arrived,
    wholeRunBound: wholeRunBound(run),
    stalls: sum(watched.map(({ stalls }) => stalls)),
    stalledMs: sum(watched.map(({ stalledMs }) => stalledMs)),
    firstFrameMs: median(firstFrames),
    afterLoadingMs: median(watched.map(({ firstFrame, loaded }) => (firstFrame ?? Number.NaN) - loaded)),
    cpu: sum(Object.values(run.cpu)) / seconds / viewers,
    delayMedianMs: median(delays),
    delayP99Ms: percentile(delays, 0.99),
    busiestUpload: Math.max(...uploads) / mean(uploads) || 0,
    busiestUploadShare: Math.max(...uploads) / sum(uploads) || 0,
    uploadSeconds: (endedAt - joinedAt) / 1000,
    latency: median(stayers.map(({ latency }) => latency)),
    playlistShare: run.playlistBytes / arrived,
    trackerMessages: (run.trackerMessages.measured / viewers / seconds) * 60,
    links: median(stayers.map(({ stats }) => stats.links)),
    memoryMB: (run.memory.all ?? Number.NaN) / viewers / 1e6,
    estimate: median(estimates),
    estimateLow: Math.min(...estimates),
    estimateHigh: Math.max(...estimates),
    emergencies: sum(watched.map(({ emergencies }) => emergencies.length)),
  };
}

/** CPU per viewer by thread, in cores. @param {Run} run @returns {Record<string, number>} */
export function threadCores({ threads, cpu, beganAt, endedAt, viewers }) {
  const per = ((endedAt - beganAt) / 1000) * viewers;
  // Where there is no /proc the browser's own account of its processes is what there is.
  const known = Object.keys(threads).length > 0 ? threads : cpu;
  return Object.fromEntries(Object.entries(known).map(([name, seconds]) => [name, seconds / per]));
}

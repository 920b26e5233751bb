// @ts-check
import { cpus } from 'node:os';
import { makeFeed } from '../play/feed.mjs';
import { measure } from '../play/measure.mjs';
import { bundlePages } from '../play/page-bundle.mjs';
import { figures } from '../report/figures.mjs';
import { readResult, writeRows } from '../report/results.mjs';
import { runMs, schedule } from './plan.mjs';

/** A run that failed is tried once more. */
const ATTEMPTS = 2;
/** What starting and ending the browsers takes, ms. */
const AROUND_MS = 5_000;

/**
 * Runs all deliveries; after each run results/NAME.json holds what there is.
 * @param {import('./options.mjs').Options} options
 */
export async function compare(options) {
  const { name, resume, segmentBytes, window } = options;
  const kept = resume ? readResult(`${name}.json`) : undefined;
  const result = {
    setup: { node: process.version, cores: cpus().length, segmentBytes },
    runs: /** @type {import('../play/measure.mjs').Run[]} */ (kept?.runs ?? []),
    failures: /** @type {{ delivery: string, viewers: number, round: number, attempt: number, error: string }[]} */ (
      kept?.failures ?? []
    ),
  };
  const has = (/** @type {{ delivery: string, viewers: number, round: number }} */ { delivery, viewers, round }) =>
    result.runs.some((run) => run.delivery === delivery && run.viewers === viewers && run.round === round);
  const specs = schedule(options)
    .filter((run) => !has(run))
    .map((run) => ({ ...specOf(options), ...run }));
  if (specs.length === 0) return result;
  const longest = Math.max(...specs.map(runMs)) / 1000;
  const renditions = [await renditionFor(options, longest)];
  await bundlePages(options.deliveries);
  console.error(
    `${specs.length} runs, about ${Math.ceil(specs.reduce((total, spec) => total + runMs(spec) + AROUND_MS, 0) / 60_000)} min; window of ${window} segments`,
  );
  for (const [i, spec] of specs.entries()) {
    const { delivery, viewers, round } = spec;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      console.error(`${i + 1}/${specs.length}: round ${round}, ${delivery}, ${viewers} viewers`);
      try {
        const run = await measure(spec, renditions);
        result.runs.push(run);
        console.error(`  ${line(run)}`);
        break;
      } catch (error) {
        result.failures.push({ delivery, viewers, round, attempt, error: String(error).slice(0, 500) });
        console.error(`  failed: ${error}`);
      } finally {
        save(name, result);
      }
    }
  }
  return result;
}

/** @param {import('./options.mjs').Options} options */
export function specOf(options) {
  const { seconds, joinMs, joinPattern, steadyMs, churnSeconds, window, segmentSeconds } = options;
  const { latencyMs, bytesPerSecond, failShare, bandwidth, framesPerSecond } = options;
  const origin = { window, segmentSeconds, latencyMs, bytesPerSecond, failShare };
  return { seconds, joinMs, joinPattern, steadyMs, churnSeconds, bandwidth, framesPerSecond, ...origin };
}

/**
 * The one rendition of a feed that lasts for `seconds` of a run, in whole minutes so that runs of about the same length share one.
 * @param {{ segmentSeconds: number, segmentBytes: number, window: number, framesPerSecond: number }} options
 * @param {number} seconds
 * @returns {Promise<import('../play/origin.mjs').Rendition>}
 */
export async function renditionFor({ segmentSeconds, segmentBytes, window, framesPerSecond }, seconds) {
  const whole = Math.ceil((window * segmentSeconds + seconds + 60) / 60) * 60;
  console.error(`feed: ${whole} s of ${segmentSeconds} s segments`);
  const bitsPerSecond = (segmentBytes * 8) / segmentSeconds;
  const segments = makeFeed({ seconds: whole, segmentSeconds, bitsPerSecond, framesPerSecond });
  return { bitsPerSecond, width: 640, height: 360, segments };
}

/** One line of progress. @param {import('../play/measure.mjs').Run} run */
export function line(run) {
  const { copies, peerShare, stalls, firstFrameMs, cpu, delayP99Ms } = figures(run);
  const errors = [...new Set(run.watched.flatMap(({ errors }) => errors))];
  return [
    `copies ${copies.toFixed(2)}, from peers ${(100 * peerShare).toFixed(1)} %, stalls ${stalls}, first frame ${firstFrameMs.toFixed(0)} ms, CPU ${cpu.toFixed(3)}, p99 ${delayP99Ms.toFixed(0)} ms, load before ${run.load?.toFixed(1)}`,
    ...errors.slice(0, 5),
  ].join('\n  ');
}

/** @param {string} name @param {{ runs: import('../play/measure.mjs').Run[], failures: any[] }} result */
function save(name, result) {
  const { runs, ...rest } = result;
  writeRows(`${name}.json`, rest, 'runs', runs);
}

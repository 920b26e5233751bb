// @ts-check
import { cpus } from 'node:os';
import { mean, median, percentile, sum } from '../../harness/statistics.mjs';
import { makeFeed } from '../play/feed.mjs';
import { measure } from '../play/measure.mjs';
import { bundlePages } from '../play/page-bundle.mjs';
import { figures } from '../report/figures.mjs';
import { readResult, writeRows } from '../report/results.mjs';
import { specOf } from '../run/compare.mjs';
import { runMs, schedule } from '../run/plan.mjs';
import { peerBound, TCP_PAYLOAD } from './bound.mjs';
import { sitesOf } from './profiles.mjs';

/** @typedef {import('../play/measure.mjs').Run} Run */
/** @typedef {ReturnType<typeof judge>} Verdict */

const TOP = { bitsPerSecond: 4_000_000, width: 640, height: 360 };
/** What a stream has, by its name. */
export const STREAMS = {
  single: [TOP],
  ladder: [
    { bitsPerSecond: 500_000, width: 320, height: 180 },
    { bitsPerSecond: 1_500_000, width: 480, height: 270 },
    TOP,
  ],
};
/** Where the command line does not say: as many viewers as two cores carry, each in a browser of its own. */
const DEFAULTS = { viewers: 4, office: 8, mix: 5, framesPerSecond: 8, repeat: 3 };

/**
 * `--network`: viewers on the lines of each profile, the deliveries in turn.
 * @param {import('../run/options.mjs').Options} options
 * @returns {Promise<string>} Markdown tables
 */
export async function network(options) {
  const { given, deliveries, name, networks, resume, streams, window, segmentSeconds } = options;
  const framesPerSecond = given('frame-rate') ? options.framesPerSecond : DEFAULTS.framesPerSecond;
  const base = { ...specOf(options), framesPerSecond };
  const viewersOf = (/** @type {string} */ profile) => {
    if (given('viewers')) return /** @type {number} */ (options.viewers[0]);
    return profile === 'office' ? DEFAULTS.office : profile === 'mix' ? DEFAULTS.mix : DEFAULTS.viewers;
  };
  const most = Math.max(...networks.map(viewersOf));
  const seconds = Math.ceil((window * segmentSeconds + runMs({ ...base, viewers: most }) / 1000 + 60) / 60) * 60;
  /** @type {Map<string, import('../play/origin.mjs').Rendition[]>} */
  const feeds = new Map();
  for (const stream of streams) {
    const rungs = STREAMS[/** @type {keyof typeof STREAMS} */ (stream)];
    const made = [];
    for (const rung of rungs) {
      const segments = makeFeed({ ...rung, seconds, segmentSeconds, framesPerSecond });
      made.push({ ...rung, segments });
    }
    feeds.set(stream, made);
  }
  await bundlePages(deliveries);
  /** @type {Verdict[]} */
  const verdicts = (resume && readResult(`${name}.json`)?.verdicts) || [];
  const repeat = given('repeat') ? options.repeat : DEFAULTS.repeat;
  for (const profile of networks) {
    const viewers = viewersOf(profile);
    for (const { round, delivery } of schedule({ repeat, viewers: [viewers], deliveries })) {
      for (const stream of streams) {
        if (
          verdicts.some(
            (v) => v.profile === profile && v.stream === stream && v.delivery === delivery && v.round === round,
          )
        )
          continue;
        console.error(`${profile}, ${stream}, round ${round}: ${delivery}, ${viewers} viewers`);
        try {
          const run = await measure(
            { ...base, viewers, delivery, round, network: profile },
            /** @type {import('../play/origin.mjs').Rendition[]} */ (feeds.get(stream)),
          );
          const verdict = judge(run, profile, stream);
          verdicts.push(verdict);
          console.error(`  ${JSON.stringify(verdict)}`);
          writeRows(`${name}.json`, { what: { ...base, cores: cpus().length } }, 'verdicts', verdicts);
        } catch (error) {
          console.error(`  failed: ${error}`);
        }
      }
    }
  }
  return tables(verdicts);
}

/**
 * What one run says of peers, picture and estimates.
 * @param {Run} run
 * @param {string} profile
 * @param {string} stream
 */
export function judge(run, profile, stream) {
  const { delivery, round, viewers, watched, beganAt } = run;
  const sites = sitesOf(profile, viewers);
  const truths = sites.flatMap((site) => Array(site.viewers).fill(site.line.down * TCP_PAYLOAD));
  const rungs = STREAMS[/** @type {keyof typeof STREAMS} */ (stream)];
  const steady = watched.filter(({ before, leftAt }) => before && leftAt === undefined);
  const ratios = steady.flatMap(({ estimates }, viewer) =>
    estimates.filter(([at]) => at >= beganAt).map(([, bits]) => bits / 1e6 / truths[viewer]),
  );
  const arrivals = steady.flatMap((viewer) => viewer.arrivals.filter(([, , at]) => at >= beganAt));
  const bits = mean(arrivals.map(([, level]) => rungs[level]?.bitsPerSecond ?? 0));
  const { copies, latency, cpu, links } = figures(run);
  return {
    profile,
    stream,
    delivery,
    round,
    viewers,
    bound: peerBound(sites, bits / 1e6),
    /** What the origin did not send of what players got in the measured time, whichever rungs they played. */
    peerShare: 1 - run.servedMeasured / sum(arrivals.map(([, , , bytes]) => bytes)),
    copies,
    latency,
    cpu,
    links,
    /** Mean rendition, Mbit/s, and the share of segments of the top rung. */
    megabits: bits / 1e6,
    top: mean(arrivals.map(([, level]) => (level === rungs.length - 1 ? 1 : 0))),
    last: steady.map(({ arrivals }) => arrivals.at(-1)?.[1]),
    stalls: sum(watched.map(({ stalls }) => stalls)),
    stalledMs: Math.round(sum(watched.map(({ stalledMs }) => stalledMs))),
    emergencies: sum(watched.map(({ emergencies }) => emergencies.length)),
    downSwitches: sum(
      steady.map(
        ({ switches }) =>
          switches.filter(([at, level], i) => at >= beganAt && level < (switches[i - 1]?.[1] ?? 0)).length,
      ),
    ),
    estimate: { median: median(ratios), low: percentile(ratios, 0.05), high: percentile(ratios, 0.95) },
    firstFrame: median(watched.map(({ firstFrame }) => firstFrame ?? Number.NaN)),
    errors: [...new Set(watched.flatMap(({ errors }) => errors))].slice(0, 5),
  };
}

/** One table for each stream: medians, a row for each profile and delivery. @param {Verdict[]} verdicts */
export function tables(verdicts) {
  const percent = (/** @type {number} */ value) => `${(100 * value).toFixed(0)} %`;
  const streams = [...new Set(verdicts.map(({ stream }) => stream))];
  return streams
    .map((stream) => {
      const rows = [];
      for (const profile of new Set(verdicts.map((v) => v.profile))) {
        for (const delivery of new Set(verdicts.map((v) => v.delivery))) {
          const own = verdicts.filter((v) => v.stream === stream && v.profile === profile && v.delivery === delivery);
          if (own.length === 0) continue;
          const middle = (/** @type {(v: Verdict) => number} */ pick) => median(own.map(pick));
          // Runs of an earlier bench have none: it told hls.js's own figure, which counts from the last playlist.
          const latencies = own.map(({ latency }) => latency).filter(Number.isFinite);
          const all = (/** @type {(v: Verdict) => number} */ pick) => sum(own.map(pick));
          rows.push(
            `| ${[
              profile,
              delivery,
              own.length,
              delivery === 'plain' ? '' : percent(middle((v) => v.peerShare)),
              delivery === 'plain' ? '' : percent(middle((v) => v.bound)),
              own.every((v) => Number.isFinite(v.copies)) ? middle((v) => v.copies).toFixed(2) : '',
              percent(middle((v) => v.top)),
              `${all((v) => v.stalls)} (${(all((v) => v.stalledMs) / 1000).toFixed(1)} s)`,
              all((v) => v.downSwitches),
              all((v) => v.emergencies),
              `${middle((v) => v.estimate.median).toFixed(2)} (${middle((v) => v.estimate.low).toFixed(2)} – ${middle((v) => v.estimate.high).toFixed(2)})`,
              latencies.length > 0 ? `${median(latencies).toFixed(1)} s` : '',
              `${(middle((v) => v.firstFrame) / 1000).toFixed(1)} s`,
            ].join(' | ')} |`,
          );
        }
      }
      return [
        `Stream: ${stream === 'single' ? 'one rendition of 4 Mbit/s' : 'renditions of 0.5, 1.5 and 4 Mbit/s'}`,
        '',
        '| line | delivery | runs | from peers | bound | copies | top rendition | stalls | switches down | emergencies | estimate over the truth | latency | first picture |',
        '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
}

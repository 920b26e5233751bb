// @ts-check
import { cpus } from 'node:os';
import { specOf } from './compare.mjs';
import { makeFeed } from './feed.mjs';
import { measure } from './measure.mjs';
import { bundlePages } from './page-bundle.mjs';
import { runMs } from './plan.mjs';
import { readResult, writeResult } from './results.mjs';
import { mean, median, percentile, sum } from './statistics.mjs';

const LADDER = [
  { bitsPerSecond: 500_000, width: 320, height: 180 },
  { bitsPerSecond: 1_500_000, width: 480, height: 270 },
  { bitsPerSecond: 4_000_000, width: 640, height: 360 },
];
/** Of 1514 bytes on the wire 1448 are payload of TCP: what a player can see of a link. */
const PAYLOAD_SHARE = 1448 / 1514;

/**
 * `--ladder`: viewers on limited links and a ladder of three rungs; which one hls.js picks, and what it believes of the link.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} a Markdown table
 */
export async function ladder(options) {
  const { given, deliveries, repeat, name, resume } = options;
  const megabits = given('bandwidth') ? options.bandwidth : 8;
  const viewers = given('viewers') ? /** @type {number} */ (options.viewers[0]) : 4;
  const base = { ...specOf(options), bandwidth: megabits, viewers };
  const seconds = Math.ceil((options.window * options.segmentSeconds + runMs(base) / 1000 + 60) / 60) * 60;
  const renditions = [];
  for (const rung of LADDER) {
    console.error(`feed: ${seconds} s at ${rung.bitsPerSecond / 1e6} Mbit/s`);
    // hls.js is told a little more than the mean, as playlists do.
    const segments = await makeFeed({ ...rung, seconds, segmentSeconds: options.segmentSeconds });
    renditions.push({ ...rung, segments });
  }
  await bundlePages(deliveries);
  const kept = resume ? readResult(`${name}.json`) : undefined;
  /** @type {ReturnType<typeof judge>[]} */
  const runs = kept?.runs ?? [];
  for (let round = 1; round <= (given('repeat') ? repeat : 1); round++) {
    for (const delivery of deliveries) {
      if (runs.some((run) => run.delivery === delivery && run.round === round)) continue;
      console.error(`round ${round}: ${delivery}, ${viewers} viewers on ${megabits} Mbit/s`);
      const run = judge(await measure({ ...base, delivery, round }, renditions));
      runs.push(run);
      console.error(`  ${JSON.stringify({ ...run, estimates: undefined, switches: undefined })}`);
      writeResult(`${name}.json`, {
        what: { ...base, delivery: undefined, cores: cpus().length, ladder: LADDER },
        runs,
      });
    }
  }
  return ladderTable(runs);
}

/**
 * What one run says of the players' choices.
 * @param {import('./measure.mjs').Run} run
 */
export function judge({ delivery, round, watched, bandwidth, beganAt, endedAt, served, load, chromium }) {
  const truth = bandwidth * PAYLOAD_SHARE;
  const steady = watched.filter(({ before, leftAt }) => before && leftAt === undefined);
  const ratios = steady.flatMap(({ estimates }) =>
    estimates.filter(([at]) => at >= beganAt).map(([, bits]) => bits / 1e6 / truth),
  );
  const top = LADDER.length - 1;
  const levels = steady.flatMap(({ arrivals }) =>
    arrivals.filter(([, , at]) => at >= beganAt).map(([, level]) => level),
  );
  return {
    delivery,
    round,
    load,
    chromium,
    truth,
    /** Estimates over the truth, one for each segment in the measured time. */
    estimate: { median: median(ratios), low: percentile(ratios, 0), high: percentile(ratios, 1) },
    within35: mean(ratios.map((ratio) => (Math.abs(ratio - 1) <= 0.35 ? 1 : 0))),
    /** Share of the segments of each rung. */
    rungs: LADDER.map((_, rung) => mean(levels.map((level) => (level === rung ? 1 : 0)))),
    last: steady.map(({ arrivals }) => arrivals.at(-1)?.[1]),
    toTopMs: median(
      steady.map(
        ({ arrivals, openedAt }) =>
          (arrivals.find(([, level]) => level === top)?.[2] ?? Number.POSITIVE_INFINITY) - openedAt,
      ),
    ),
    downSwitches: sum(
      steady.map(
        ({ switches }) =>
          switches.filter(([at, level], i) => at >= beganAt && level < (switches[i - 1]?.[1] ?? 0)).length,
      ),
    ),
    emergencies: sum(watched.map(({ emergencies }) => emergencies.length)),
    stalls: sum(watched.map(({ stalls }) => stalls)),
    originShare:
      sum(served.map(([, bytes]) => bytes)) /
      sum(watched.flatMap(({ arrivals }) => arrivals.map(([, , , bytes]) => bytes))),
    seconds: (endedAt - beganAt) / 1000,
    estimates: watched.map(({ estimates, openedAt }) =>
      estimates.map(([at, bits, level]) => [Math.round(at - openedAt), bits, level]),
    ),
    switches: watched.map(({ switches, openedAt }) =>
      switches.map(([at, level]) => [Math.round(at - openedAt), level]),
    ),
  };
}

/** @param {ReturnType<typeof judge>[]} runs */
export function ladderTable(runs) {
  const deliveries = [...new Set(runs.map(({ delivery }) => delivery))];
  const percent = (/** @type {number} */ value) => `${(100 * value).toFixed(0)} %`;
  /** @type {[string, (own: ReturnType<typeof judge>[]) => string][]} */
  const rows = [
    ['estimate over the truth, median', (own) => median(own.map((run) => run.estimate.median)).toFixed(2)],
    [
      'lowest – highest',
      (own) =>
        `${Math.min(...own.map((run) => run.estimate.low)).toFixed(2)} – ${Math.max(...own.map((run) => run.estimate.high)).toFixed(2)}`,
    ],
    ['estimates within ± 35 %', (own) => percent(mean(own.map((run) => run.within35)))],
    ...LADDER.map(
      ({ bitsPerSecond }, rung) =>
        /** @type {[string, (own: ReturnType<typeof judge>[]) => string]} */ ([
          `segments at ${bitsPerSecond / 1e6} Mbit/s`,
          (own) => percent(mean(own.map((run) => run.rungs[rung] ?? 0))),
        ]),
    ),
    ['first segment of the top rung after', (own) => `${(median(own.map((run) => run.toTopMs)) / 1000).toFixed(1)} s`],
    ['down-switches, measured time', (own) => String(sum(own.map((run) => run.downSwitches)))],
    ['emergency down-switches, whole run', (own) => String(sum(own.map((run) => run.emergencies)))],
    ['stalls', (own) => String(sum(own.map((run) => run.stalls)))],
    ['bytes from peers, whole run', (own) => percent(1 - mean(own.map((run) => run.originShare)))],
  ];
  return [
    `| link of ${((runs[0]?.truth ?? 0) / PAYLOAD_SHARE).toFixed(0)} Mbit/s | ${deliveries.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(deliveries.length)}`,
    ...rows.map(
      ([name, show]) =>
        `| ${name} | ${deliveries.map((delivery) => show(runs.filter((run) => run.delivery === delivery))).join(' | ')} |`,
    ),
  ].join('\n');
}

#!/usr/bin/env node
/**
 * `npm run bench:simulate`: how many copies of a segment the origin serves when many watch, with the very policy of the
 * loader. `--help` names the options.
 */
import { parseArgs } from 'node:util';
import { readResult, writeResult } from '../report/results.mjs';
import { calibrate } from './calibrate.mjs';
import { lineChart } from './chart.mjs';
import { LINE_NAMES, PREFERENCES } from './lines.mjs';
import { loadSchedule } from './loader.mjs';
import { DEFAULTS } from './options.mjs';
import { simulateSeeds } from './seeds.mjs';
import { STRATEGIES } from './strategies.mjs';

const loader = await loadSchedule(
  (/** @type {string} */ name) => import(`../../packages/p2p-loader/lib/schedule/${name}.js`),
);
/** @param {string} text @param {string} name of the flag */
const number = (text, name) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    fail(`--${name}: "${text}" is no number of 0 or more`);
  return value;
};

/**
 * Command line names of the options, and what a unit there is worth in options.mjs.
 * @type {Record<string, [name: Exclude<keyof typeof DEFAULTS, 'strategy' | 'prefer' | 'lines'>, unit: number]>}
 */
const FLAGS = {
  degree: ['degree', 1],
  poll: ['poll', 1000],
  slack: ['slack', 1000],
  left: ['left', 1000],
  hop: ['hop', 1],
  'data-hop': ['dataHop', 1],
  'origin-time': ['originTime', 1],
  uplink: ['uplink', 1],
  bitrate: ['bitrate', 1],
  loss: ['loss', 1],
  rounds: ['rounds', 1],
  'tracker-cap': ['trackerCap', 1],
  liars: ['liars', 1],
  silent: ['silent', 1],
  closing: ['closing', 1],
  churn: ['churn', 1],
  burst: ['burst', 1000],
  link: ['link', 1],
  segments: ['segments', 1],
  warmup: ['warmup', 1],
  seed: ['seed', 1],
};
const HELP = `Usage: npm run bench:simulate -- [options]
  --viewers LIST    numbers of viewers, comma-separated (1000,10000)
  --strategy LIST   ${Object.keys(STRATEGIES).join(', ')} (policy)
  --degree N        links of a viewer, at most 16 (${DEFAULTS.degree})
  --poll S          playlist reload interval, s (${DEFAULTS.poll / 1000})
  --slack S         longest wait for a segment that the playlist names, s (${DEFAULTS.slack / 1000})
  --left S          what a player has left then, where that is more (0)
  --hop MS          control message over one link, ms (${DEFAULTS.hop})
  --data-hop MS     data over one link, ms (${DEFAULTS.dataHop})
  --origin-time MS  a fetch from the origin, ms (${DEFAULTS.originTime})
  --uplink N        copies that a viewer can send a second (${DEFAULTS.uplink})
  --lines NAME      viewers in regions, on lines of network/profiles.mjs: ${LINE_NAMES.join(', ')}
  --bitrate MBIT    of the stream then, Mbit/s (${DEFAULTS.bitrate})
  --loss SHARE      of packets then, which bounds rates by round trips (0)
  --rounds N        whom each viewer tries then, to keep the better of its links (${DEFAULTS.rounds})
  --prefer WHAT     ${Object.keys(PREFERENCES).join(', ')}: which are better (${DEFAULTS.prefer})
  --tracker-cap N   viewers that a tracker remembers, and tells at most (${DEFAULTS.trackerCap})
  --liars SHARE     viewers who announce fetches that they never make (0)
  --silent SHARE    segments whose first fetcher goes silent after announcing that (0)
  --closing SHARE   segments whose first fetcher's links close then (0)
  --churn SHARE     viewers replaced in a minute (0)
  --burst S         all join within this, s (0: all are here)
  --link MS         from joining to the first links, ms (${DEFAULTS.link})
  --segments N      measured segments (${DEFAULTS.segments}), after --warmup N (${DEFAULTS.warmup})
  --seed N          (${DEFAULTS.seed}); --seeds N: that many, from there on: medians, and the spread of the copies (1)
  --calibrate       predicts what was measured in browsers (results/browsers.json), beside it
  --name NAME       writes results/simulate-NAME.json and .svg`;

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}

function parse() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flags = Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, text]));
  /** @type {{ calibrate: { type: 'boolean' }, help: { type: 'boolean', short: string } }} */
  const switches = { calibrate: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } };
  try {
    const { calibrate, help, ...values } = parseArgs({
      options: {
        ...flags,
        viewers: text,
        strategy: text,
        prefer: text,
        lines: text,
        name: text,
        seeds: text,
        ...switches,
      },
    }).values;
    return { calibrate, help, values: /** @type {Record<string, string | undefined>} */ (values) };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { calibrate: calibrated, help, values } = parse();
if (help) {
  console.log(HELP);
  process.exit(0);
}
if (calibrated) {
  const published = readResult('browsers.json');
  if (!published) fail('--calibrate: results/browsers.json is not here: npm run bench -- -n 4,8,12 --name browsers');
  console.log(calibrate(published.runs, loader));
  process.exit(0);
}
/** @type {Partial<import('./options.mjs').Options>} */
const common = {};
for (const [flag, [name, unit]] of Object.entries(FLAGS)) {
  const text = values[flag];
  if (text !== undefined) common[name] = number(text, flag) * unit;
}
if ((common.degree ?? 1) < 1 || (common.degree ?? 1) > 16) fail('--degree: 1 to 16');
if ((common.liars ?? 0) > 0.5) fail('--liars: a share, at most 0.5');
for (const share of /** @type {const} */ (['silent', 'closing']))
  if ((common[share] ?? 0) > 1) fail(`--${share}: a share, at most 1`);
for (const [flag, names] of /** @type {const} */ ([
  ['prefer', Object.keys(PREFERENCES)],
  ['lines', LINE_NAMES],
])) {
  const name = values[flag];
  if (name === undefined) continue;
  if (!names.includes(name)) fail(`--${flag}: no "${name}"`);
  common[flag] = name;
}
const strategies = (values.strategy ?? 'policy').split(',');
for (const name of strategies) if (!Object.hasOwn(STRATEGIES, name)) fail(`--strategy: no "${name}"`);
const seeds = number(values.seeds ?? '1', 'seeds');
if (!Number.isInteger(seeds) || seeds < 1) fail('--seeds: 1 or more');
const sizes = (values.viewers ?? '1000,10000').split(',').map((text) => number(text, 'viewers'));
for (const size of sizes) if (size < 2 || size > 1_000_000) fail('--viewers: 2 to 1000000');

const ms = (/** @type {number} */ value) => `${Math.round(value)}`.padStart(6);
console.log(
  'strategy   viewers    copies  (sd; least-most)    delay p50    p90    p99 ms  busiest/mean uplink  messages',
);
/** @type {ReturnType<typeof simulateSeeds>[]} */
const runs = [];
for (const strategy of strategies) {
  for (const viewers of sizes) {
    const run = simulateSeeds({ ...common, viewers, strategy }, seeds, loader, (_counts, i) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${strategy} ${viewers}: segment ${i + 1} `);
    });
    if (process.stderr.isTTY) process.stderr.write('\r');
    runs.push(run);
    const { copies, delay, uplink } = run;
    const spread = `(${copies.deviation.toFixed(1)}; ${copies.min}-${copies.max})`;
    console.log(
      `${strategy.padEnd(9)} ${String(viewers).padStart(8)} ${copies.mean.toFixed(2).padStart(9)}  ${spread.padEnd(18)} ` +
        `${ms(delay.p50)}    ${ms(delay.p90)} ${ms(delay.p99)}     ${uplink.busiest.toFixed(1).padStart(5)}    ` +
        `${(100 * uplink.use).toFixed(0).padStart(4)} %   ${run.messages.toFixed(0).padStart(6)}` +
        `${run.startup ? `   start-up copies ${run.startup}` : ''}${run.late ? `   late ${run.late}` : ''}`,
    );
  }
}

if (values.name !== undefined) {
  if (!/^[\w-]+$/.test(values.name)) fail('--name: letters, digits, - and _');
  const file = `simulate-${values.name}`;
  writeResult(`${file}.json`, runs);
  const series = strategies.map((name) => ({
    name,
    points: runs
      .filter((run) => run.options.strategy === name)
      .map((run) => /** @type {[number, number]} */ ([run.options.viewers, run.copies.mean])),
  }));
  writeResult(`${file}.svg`, lineChart(series, { title: 'Origin copies per segment', x: 'viewers', y: 'copies' }));
}

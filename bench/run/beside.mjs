// @ts-check
import { cpus } from 'node:os';
import { mean, median, sum } from '../../harness/statistics.mjs';
import { measure } from '../play/measure.mjs';
import { bundlePages } from '../play/page-bundle.mjs';
import { figures, threadCores } from '../report/figures.mjs';
import { writeRows } from '../report/results.mjs';
import { renditionFor, specOf } from './compare.mjs';
import { runMs } from './plan.mjs';

/** What is compared unless `-d` says otherwise. @type {[string, string][]} */
const PAIRS = [
  ['plain', 'chain'],
  ['plain', 'torrents'],
  ['plain', 'p2pml'],
  ['plain', 'hls'],
  ['plain', 'worker'],
  ['p2pml', 'hls'],
  ['p2pml', 'worker'],
];
/** Viewers of each of the two. */
const VIEWERS = 6;
/** Between two joins of each, ms: two pages have opened by then. */
const JOIN_MS = 3_000;

/** @typedef {{ first: import('../play/measure.mjs').Run, second: import('../play/measure.mjs').Run }} Pair */

/**
 * `--beside`: two deliveries at the same time, each with viewers, browser, origin and tracker of its own; so what the processors
 * give at that time they give to both. Each pair in turn.
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<string>} Markdown tables
 */
export async function beside(options) {
  const { given, name, repeat } = options;
  const [one, ...others] = options.deliveries;
  const pairs = given('deliveries')
    ? others.map((other) => /** @type {[string, string]} */ ([/** @type {string} */ (one), other]))
    : PAIRS;
  const spec = {
    ...specOf(options),
    viewers: given('viewers') ? /** @type {number} */ (options.viewers[0]) : VIEWERS,
    joinMs: given('join') ? options.joinMs : JOIN_MS,
  };
  const renditions = [await renditionFor(options, runMs(spec) / 1000)];
  await bundlePages(pairs.flat());
  /** @type {Pair[]} */
  const measured = [];
  for (let round = 1; round <= repeat; round++) {
    for (const deliveries of pairs) {
      const [first, second] = await Promise.all(
        deliveries.map((delivery) => measure({ ...spec, delivery, round }, renditions)),
      );
      const pair = /** @type {Pair} */ ({ first, second });
      measured.push(pair);
      console.error(`${round}/${repeat}: ${deliveries.join(' beside ')}: ${ratioOf(pair).toFixed(3)}`);
      writeRows(`${name}.json`, { cores: cpus().length, node: process.version }, 'pairs', measured);
    }
  }
  return besideTables(measured);
}

/** How much processor time the second takes for the first one's. @param {Pair} pair */
const ratioOf = ({ first, second }) => figures(second).cpu / figures(first).cpu;

/** @param {Pair[]} measured */
export function besideTables(measured) {
  const names = [...new Set(measured.map(nameOf))];
  const groups = [...new Set(measured.flatMap(({ first, second }) => [first, second]).flatMap(groupsOf))];
  const kinds = names.map((name) => {
    const pairs = measured.filter((pair) => nameOf(pair) === name);
    const first = pairs.map((pair) => figures(pair.first));
    const second = pairs.map((pair) => figures(pair.second));
    const ratios = pairs.map(ratioOf);
    const row = `| ${[
      name,
      pairs.length,
      milliseconds(median(first.map(({ cpu }) => cpu))),
      milliseconds(median(second.map(({ cpu }) => cpu))),
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)})`,
      median(second.map(({ copies }) => copies)).toFixed(2),
      [first, second].map((side) => sum(side.map(({ stalls }) => stalls))).join(', '),
    ].join(' | ')} |`;
    const cores = pairs.map((pair) => [threadCores(pair.first), threadCores(pair.second)]);
    const added = groups.map((group) => mean(cores.map(([one, other]) => (other?.[group] ?? 0) - (one?.[group] ?? 0))));
    return { row, added };
  });
  return [
    '| the second beside the first | runs | first, ms/s | second, ms/s | ratio | second’s copies | stalls |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...kinds.map(({ row }) => row),
    '',
    `| what the second takes more, ms/s | ${names.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(names.length)}`,
    ...groups
      .map((group, i) => ({ group, added: kinds.map(({ added }) => added[i] ?? 0) }))
      .filter(({ added }) => added.some((cores) => Math.abs(cores) >= 0.0005))
      .map(({ group, added }) => `| ${group} | ${added.map(milliseconds).join(' | ')} |`),
  ].join('\n');
}

/** @param {Pair} pair */
const nameOf = ({ first, second }) => `${second.delivery} / ${first.delivery}`;

/** @param {import('../play/measure.mjs').Run} run */
const groupsOf = (run) => Object.keys(threadCores(run));

/** @param {number} cores */
const milliseconds = (cores) => (cores * 1000).toFixed(1);

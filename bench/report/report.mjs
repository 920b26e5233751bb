// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { median, percentile } from '../../harness/statistics.mjs';
import { barChart, lineChart, stackedChart } from './charts.mjs';
import { deliveryDelays, figures, threadCores } from './figures.mjs';
import { FIGURES } from './targets.mjs';

/** @typedef {import('../play/measure.mjs').Run} Run */
/** @typedef {{ runs: Run[], failures: { delivery: string, viewers: number, round: number, error: string }[] }} Result */

/** @type {Record<string, string>} */
export const NAMES = {
  plain: 'plain hls.js',
  p2pml: 'p2p-media-loader',
  hls: 'live-torrent, hls.js',
  worker: 'live-torrent, worker',
  chain: 'bare WebRTC, no choice',
  torrents: 'bare WebTorrent, no choice',
  forward: 'plain, through a worker',
};
export const OURS = ['hls', 'worker'];

/**
 * Of each delivery and number of viewers the medians of all runs, with the lowest and highest value.
 * @param {Run[]} runs
 */
export function summarize(runs) {
  const counts = [...new Set(runs.map(({ viewers }) => viewers))].sort((a, b) => a - b);
  const deliveries = Object.keys(NAMES).filter((name) => runs.some(({ delivery }) => delivery === name));
  const cells = new Map();
  for (const viewers of counts) {
    for (const delivery of deliveries) {
      const own = runs.filter((run) => run.viewers === viewers && run.delivery === delivery);
      if (own.length === 0) continue;
      const all = own.map(figures);
      const of = (/** @type {(values: number[]) => number} */ pick) =>
        Object.fromEntries(
          Object.keys(/** @type {object} */ (all[0])).map((key) => [
            key,
            pick(all.map((one) => /** @type {any} */ (one)[key])),
          ]),
        );
      const cell = { runs: own, median: of(median), low: of((v) => Math.min(...v)), high: of((v) => Math.max(...v)) };
      cells.set(`${viewers} ${delivery}`, cell);
    }
  }
  return {
    counts,
    deliveries,
    cell: (/** @type {number} */ viewers, /** @type {string} */ delivery) => cells.get(`${viewers} ${delivery}`),
  };
}

/** What `--frame-rate` changed. @param {Run} run */
const picturesOf = ({ framesPerSecond = 25 }) =>
  framesPerSecond === 25 ? '' : `, ${framesPerSecond} pictures a second`;

/**
 * Markdown tables, one for each number of viewers: medians with the spread where there is one, and for the libraries' own
 * deliveries whether the target is met.
 * @param {Result} result
 */
export function tables({ runs, failures }) {
  const { counts, deliveries, cell } = summarize(runs);
  const parts = counts.map((viewers) => {
    const shown = deliveries.filter((delivery) => cell(viewers, delivery));
    const medians = (/** @type {string} */ delivery) => cell(viewers, delivery)?.median;
    const rows = FIGURES.map(({ key, name, show, target }) => {
      const verdicts = OURS.filter((delivery) => shown.includes(delivery)).map((delivery) =>
        target?.({ viewers, plain: medians('plain'), p2pml: medians('p2pml'), own: medians(delivery) }),
      );
      const values = shown.map((delivery) => {
        const { median: middle, low, high } = cell(viewers, delivery);
        const spread = show(low[key]) === show(high[key]) ? '' : ` (${show(low[key])} – ${show(high[key])})`;
        const verdict = OURS.includes(delivery)
          ? target?.({ viewers, plain: medians('plain'), p2pml: medians('p2pml'), own: medians(delivery) })
          : undefined;
        return Number.isFinite(middle[key])
          ? `${verdict ? (verdict.met ? '✓ ' : '✗ ') : ''}${show(middle[key])}${spread}`
          : '';
      });
      const texts = [...new Set(verdicts.map((verdict) => verdict?.text ?? ''))];
      return `| ${[name, ...values, texts.join('; ')].join(' | ')} |`;
    });
    const first = /** @type {Run} */ (cell(viewers, /** @type {string} */ (shown[0])).runs[0]);
    const [uploadSeconds] = shown.map((delivery) => medians(delivery).uploadSeconds);
    return [
      `${viewers} viewers, ${shown.map((delivery) => cell(viewers, delivery).runs.length).join('/')} runs of ${first.seconds} s (uploads: ${Math.round(uploadSeconds)} s)${picturesOf(first)}:`,
      '',
      `| | ${shown.map((delivery) => NAMES[delivery]).join(' | ')} | target |`,
      `| --- |${' ---: |'.repeat(shown.length)} --- |`,
      ...rows,
    ].join('\n');
  });
  const lost = failures.map(
    ({ viewers, delivery, round, error }) => `- failed: ${delivery}, ${viewers} viewers, round ${round}: ${error}`,
  );
  return [...parts, ...(lost.length > 0 ? [lost.join('\n')] : [])].join('\n\n');
}

/**
 * CPU per viewer by thread, as a Markdown table.
 * @param {Result} result
 */
export function threadTables({ runs }) {
  const { counts, deliveries, cell } = summarize(runs);
  return counts
    .map((viewers) => {
      const { groups, values } = threads(runs, viewers);
      const shown = deliveries.filter((delivery) => cell(viewers, delivery));
      return [
        `| cores per viewer, ${viewers} viewers | ${shown.map((delivery) => NAMES[delivery]).join(' | ')} |`,
        `| --- |${' ---: |'.repeat(shown.length)}`,
        ...groups.map(
          (group) => `| ${group} | ${shown.map((delivery) => (values(delivery)[group] ?? 0).toFixed(4)).join(' | ')} |`,
        ),
      ].join('\n');
    })
    .join('\n\n');
}

/** Medians of CPU by thread, the threads that matter first. @param {Run[]} runs @param {number} viewers */
function threads(runs, viewers) {
  const values = (/** @type {string} */ delivery) => {
    const own = runs.filter((run) => run.viewers === viewers && run.delivery === delivery).map(threadCores);
    const names = [...new Set(own.flatMap((one) => Object.keys(one)))];
    return Object.fromEntries(names.map((name) => [name, median(own.map((one) => one[name] ?? 0))]));
  };
  const of = new Map(Object.keys(NAMES).map((delivery) => [delivery, values(delivery)]));
  const most = new Map();
  for (const cores of of.values()) {
    for (const [name, value] of Object.entries(cores)) most.set(name, Math.max(most.get(name) ?? 0, value));
  }
  const groups = [...most].filter(([, value]) => value >= 0.0005).sort(([, a], [, b]) => b - a);
  return { groups: groups.map(([name]) => name), values: (/** @type {string} */ delivery) => of.get(delivery) ?? {} };
}

/**
 * The charts, as SVG by name.
 * @param {Result} result
 * @returns {Record<string, string>}
 */
export function charts({ runs }) {
  const { counts, deliveries, cell } = summarize(runs);
  const bars = (/** @type {string} */ key, scale = 1) =>
    deliveries.map((delivery) => ({
      name: NAMES[delivery] ?? delivery,
      bars: counts.map((viewers) => {
        const of = cell(viewers, delivery);
        return of && { value: scale * of.median[key], low: scale * of.low[key], high: scale * of.high[key] };
      }),
    }));
  const groups = counts.map((viewers) => `${viewers} viewers`);
  const drawn = {
    copies: barChart({
      title: 'Origin copies of each segment, steady state',
      x: '',
      y: 'copies',
      groups,
      series: bars('copies'),
    }),
    peers: barChart({ title: 'Bytes from peers, steady state', x: '', y: '%', groups, series: bars('peerShare', 100) }),
    startup: barChart({
      title: 'Start-up to first frame, from navigation',
      x: '',
      y: 'ms',
      groups,
      series: bars('firstFrameMs'),
    }),
  };
  const perCount = counts.flatMap((viewers) => {
    const shown = deliveries.filter((delivery) => cell(viewers, delivery));
    const cpu = threads(runs, viewers);
    const delays = shown.map((delivery) => {
      const values = cell(viewers, delivery).runs.flatMap(deliveryDelays);
      const points = Array.from({ length: 100 }, (_, i) => [percentile(values, (i + 1) / 100), i + 1]);
      return {
        name: NAMES[delivery] ?? delivery,
        points: /** @type {[number, number][]} */ (values.length > 0 ? points : []),
      };
    });
    return [
      [
        `cpu-n${viewers}`,
        stackedChart({
          title: `CPU per viewer by thread, ${viewers} viewers`,
          x: '',
          y: 'cores',
          groups: shown.map((delivery) => (NAMES[delivery] ?? delivery).replace(', ', '\n')),
          parts: cpu.groups.map((name) => ({ name, values: shown.map((delivery) => cpu.values(delivery)[name] ?? 0) })),
        }),
      ],
      [
        `delay-n${viewers}`,
        lineChart({
          title: `A viewer has a segment after the first one has it, ${viewers} viewers`,
          x: 'ms after the first viewer has it and the own playlist names it',
          y: '% of deliveries',
          series: delays,
        }),
      ],
    ];
  });
  return { ...drawn, ...Object.fromEntries(perCount) };
}

/**
 * The summary for README.md: 8 viewers, or the number that is nearest to it.
 * @param {Result} result
 */
export function summary({ runs }) {
  const { counts, deliveries, cell } = summarize(runs);
  const viewers = /** @type {number} */ ([...counts].sort((a, b) => Math.abs(a - 8) - Math.abs(b - 8))[0]);
  const keys = ['copies', 'peerShare', 'peerShareWholeRun', 'stalls', 'delayP99Ms', 'firstFrameMs', 'cpu'];
  const shown = deliveries.filter((delivery) => cell(viewers, delivery));
  const { seconds, segmentSeconds, window, steadyMs } = /** @type {Run} */ (runs[0]);
  const rows = FIGURES.filter(({ key }) => keys.includes(key)).map(({ key, name, show }) => {
    const values = shown.map((delivery) => {
      const value = cell(viewers, delivery).median[key];
      return Number.isFinite(value) && !(delivery === 'plain' && key.startsWith('delay')) ? show(value) : '';
    });
    const limit = key === 'copies' ? '1.00' : key === 'peerShare' ? `${(100 * (1 - 1 / viewers)).toFixed(1)} %` : '';
    return `| ${[name, ...values, limit].join(' | ')} |`;
  });
  const others = counts.filter((count) => count !== viewers && cell(count, 'hls'));
  const more = others.map((count) => {
    const { copies, peerShare } = cell(count, 'hls').median;
    return `${count} viewers: ${copies.toFixed(2)} copies, ${(100 * peerShare).toFixed(1)} % from peers (limit ${(100 * (1 - 1 / count)).toFixed(1)} %)`;
  });
  return [
    `${viewers} viewers of one live stream in headless Chromium on one machine: segments of ${segmentSeconds} s, a window of ${window}. Medians of ${cell(viewers, shown[0] ?? '').runs.length} runs of ${seconds} s; all viewers are there for ${steadyMs / 1000} s or more:`,
    '',
    `| | ${shown.map((delivery) => NAMES[delivery]).join(' | ')} | limit |`,
    `| --- |${' ---: |'.repeat(shown.length + 1)}`,
    ...rows,
    '',
    `${more.length > 0 ? `The hls.js loader with ${more.join('; ')}. ` : ''}How it was measured, and what is missed: [bench](bench/README.md).`,
  ].join('\n');
}

/**
 * Puts text between two marks of a Markdown file.
 * @param {URL} file
 * @param {string} mark
 * @param {string} text
 */
export function replaceBetween(file, mark, text) {
  const [start, end] = [`<!-- ${mark}:start -->`, `<!-- ${mark}:end -->`];
  const old = readFileSync(file, 'utf8');
  const from = old.indexOf(start);
  const to = old.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file.pathname}: no ${start} … ${end}`);
  writeFileSync(file, `${old.slice(0, from + start.length)}\n${text}\n${old.slice(to)}`);
}

import { median } from '../../harness/statistics.mjs';
import { figures } from '../report/figures.mjs';
import { simulate } from './simulate.mjs';

/**
 * The measuring machine, fitted to its medians: short messages, hls.js's reloads, and processors that all viewers share,
 * so that each can send the less the more there are. Times in ms; `uplink` is that of all viewers together, copies a second.
 */
const MACHINE = { hop: 20, dataHop: 50, poll: 2_000, segments: 60, warmup: 8 };
const MACHINE_UPLINK = 160;

/**
 * What the simulator predicts beside what was measured in browsers: medians of the hls.js loader's runs.
 * @param {import('../play/measure.mjs').Run[]} runs those of a comparison (results/browsers.json)
 * @param {import('./loader.mjs').Loader} loader
 * @returns a table as text
 */
export function calibrate(runs, loader) {
  const lines = ['viewers              copies   delay p50      p99 ms   busiest/mean uplink'];
  const own = runs.filter(({ delivery }) => delivery === 'hls');
  for (const viewers of new Set(own.map((run) => run.viewers))) {
    const seen = own.filter((run) => run.viewers === viewers).map(figures);
    const middle = (/** @type {'links' | 'copies' | 'delayMedianMs' | 'delayP99Ms' | 'busiestUpload'} */ name) =>
      median(seen.map((run) => run[name]));
    const degree = Math.round(middle('links'));
    const run = simulate({ ...MACHINE, viewers, degree, uplink: MACHINE_UPLINK / viewers }, loader);
    const [copies, delayMedianMs] = [middle('copies'), middle('delayMedianMs')];
    lines.push(row(viewers, 'measured', copies, delayMedianMs, middle('delayP99Ms'), middle('busiestUpload')));
    lines.push(row(viewers, 'predicted', run.copies.mean, run.delay.p50, run.delay.p99, run.uplink.busiest));
  }
  return lines.join('\n');
}

/**
 * @param {number} viewers @param {string} name @param {number} copies @param {number} usual median delay, ms
 * @param {number} late p99 of the delay, ms @param {number} busiest upload over the mean
 */
function row(viewers, name, copies, usual, late, busiest) {
  const numbers = [
    copies.toFixed(2).padStart(7),
    usual.toFixed(0).padStart(9),
    late.toFixed(0).padStart(9),
    busiest.toFixed(1).padStart(14),
  ];
  return `${String(viewers).padStart(7)} ${name.padEnd(10)} ${numbers.join('   ')}`;
}

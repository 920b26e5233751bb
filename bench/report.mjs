// @ts-check
import { median } from './measure.mjs';

/** Figure, unit and how it is shown. @type {[string, string, (value: number) => string][]} */
const FIGURES = [
  ['copies', 'origin copies per segment', (v) => v.toFixed(2)],
  ['requests', 'origin requests per segment', (v) => v.toFixed(2)],
  ['peerShareByOrigin', 'bytes from peers, steady state', (v) => `${(100 * v).toFixed(1)} %`],
  ['peerShareWholeRun', 'bytes from peers, whole run', (v) => `${(100 * v).toFixed(1)} %`],
  ['stalls', 'stalls', (v) => v.toFixed(0)],
  ['firstFrameMs', 'start-up to first frame', (v) => `${v.toFixed(0)} ms`],
  ['cpuPerViewer', 'CPU per viewer', (v) => `${v.toFixed(3)} cores`],
  ['delayMedianMs', 'after the first viewer, median', (v) => `${v.toFixed(0)} ms`],
  ['delayP99Ms', 'after the first viewer, p99', (v) => `${v.toFixed(0)} ms`],
  ['busiestUpload', "busiest viewer's upload over the mean", (v) => v.toFixed(2)],
  ['latency', 'live latency', (v) => `${v.toFixed(1)} s`],
  ['trackerMessagesPerViewerMinute', 'tracker messages per viewer-minute', (v) => v.toFixed(1)],
  ['playlistShare', 'playlist bytes over media bytes', (v) => `${(100 * v).toFixed(2)} %`],
  ['links', 'links per viewer', (v) => v.toFixed(0)],
];

/**
 * A Markdown table: medians, with the spread where there is one.
 * @param {any[]} results
 * @param {string[]} deliveries
 */
export function table(results, deliveries) {
  const rows = FIGURES.map(([key, name, show]) => {
    const cells = deliveries.map((delivery) => {
      const values = results.filter((result) => result.delivery === delivery).map((result) => result[key]);
      const low = Math.min(...values);
      const high = Math.max(...values);
      return show(low) === show(high) ? show(median(values)) : `${show(median(values))} (${show(low)} – ${show(high)})`;
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  return [`| figure | ${deliveries.join(' | ')} |`, `|${' --- |'.repeat(deliveries.length + 1)}`, ...rows].join('\n');
}

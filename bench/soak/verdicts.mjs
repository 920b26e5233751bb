// @ts-check
import { median, slope } from '../../harness/statistics.mjs';
import { lineChart } from '../report/charts.mjs';

/** Samples of the first minutes are of a mesh and caches that still fill, min. */
const WARM_UP = 5;
/** What is looked at, how far it may move in half an hour, and its unit. @type {[key: string, drift: number, name: string][]} */
const FLAT = [
  ['heapMB', 2, 'JS heap after a collection, MB'],
  ['memoryMB', 24, "memory of the viewer's browser, MB"],
  ['nodes', 20, 'DOM nodes'],
  ['listeners', 20, 'event listeners'],
  ['timers', 8, 'timers'],
  ['peerConnections', 3, 'RTCPeerConnections in memory'],
  ['channels', 12, 'RTCDataChannels in memory'],
  ['ports', 6, 'MessagePorts in memory'],
  ['torrents', 4, 'torrents'],
];

/** What a viewer holds at a minute, by name. @typedef {Record<string, number | undefined> & { minute: number, heapMB: number }} Sample */

/**
 * Whether what a viewer holds stays as it is: the median slope after the first minutes, over half an hour; of memory what
 * exceeds the plain player's.
 * @param {{ kind: string, samples: Sample[] }[]} stayers
 */
export function verdicts(stayers) {
  const settled = (/** @type {Sample[]} */ samples) => {
    const warmUp = Math.min(WARM_UP, (samples.at(-1)?.minute ?? 0) / 4);
    const late = samples.filter(({ minute }) => minute > warmUp);
    return late.length >= 2 ? late : samples;
  };
  const plain = stayers.find(({ kind }) => kind === 'plain');
  const points = (/** @type {Sample[]} */ samples, /** @type {string} */ key) =>
    settled(samples).map((sample) => /** @type {const} */ ([sample.minute, sample[key] ?? Number.NaN]));
  return stayers.map(({ kind, samples }) => ({
    kind,
    figures: FLAT.filter(([key]) => samples.some((sample) => Number.isFinite(sample[key] ?? Number.NaN))).map(
      ([key, drift, name]) => {
        const own = points(samples, key);
        const per30Minutes = 30 * slope(own);
        // What the player and the browser pile up without us is not ours.
        const plains = key.endsWith('MB') && plain ? Math.max(0, 30 * slope(points(plain.samples, key))) : 0;
        return {
          key,
          name,
          median: median(own.map(([, y]) => y)),
          per30Minutes,
          drift,
          flat: per30Minutes - plains <= drift,
        };
      },
    ),
    overPlainMB:
      plain && kind !== 'plain' && samples.length > 0
        ? (samples.at(-1)?.memoryMB ?? Number.NaN) - (plain.samples.at(-1)?.memoryMB ?? Number.NaN)
        : undefined,
    stalls: samples.at(-1)?.stalls,
  }));
}

/** @param {{ what: { minutes: number, churnSeconds: number }, stayers: { kind: string, samples: Sample[] }[] }} result */
export function soakChart({ what, stayers }) {
  return lineChart({
    title: `JS heap of viewers who stay, one join and one leave every ${what.churnSeconds} s`,
    x: 'minutes of live play',
    y: 'MB after a garbage collection',
    series: stayers.map(({ kind, samples }, i) => ({
      name: kind === 'plain' ? 'plain hls.js' : `${kind} loader, viewer ${i + 1}`,
      points: samples.map(({ minute, heapMB }) => /** @type {const} */ ([minute, heapMB])),
    })),
  });
}

/** The verdicts as a Markdown table. @param {{ verdicts: ReturnType<typeof verdicts> }} result */
export function soakTable({ verdicts }) {
  const keys = [...new Set(verdicts.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const cell = (/** @type {ReturnType<typeof verdicts>[number]} */ { kind, figures }, /** @type {string} */ name) => {
    const figure = figures.find((/** @type {{ name: string }} */ one) => one.name === name);
    if (!figure) return '';
    const drift = `${figure.per30Minutes < 0 ? '−' : '+'}${Math.abs(figure.per30Minutes).toFixed(1)}`;
    return `${kind === 'plain' ? '' : figure.flat ? '✓ ' : '✗ '}${figure.median.toFixed(1)}, ${drift} in 30 min`;
  };
  return [
    `| | ${verdicts.map(({ kind }) => kind).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(verdicts.length)}`,
    ...keys.map((name) => `| ${name} | ${verdicts.map((one) => cell(one, name)).join(' | ')} |`),
    `| memory over plain at the end, MB | ${verdicts.map(({ overPlainMB }) => overPlainMB?.toFixed(1) ?? '').join(' | ')} |`,
    `| stalls | ${verdicts.map(({ stalls }) => stalls ?? '').join(' | ')} |`,
  ].join('\n');
}

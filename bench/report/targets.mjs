// @ts-check

/**
 * A figure of the table: how it is shown, and what it should be.
 * @typedef {{ key: string, name: string, show: (value: number) => string,
 *   target?: (at: { viewers: number, plain: Record<string, number> | undefined, p2pml: Record<string, number> | undefined,
 *     own: Record<string, number> }) => { text: string, met: boolean } | undefined }} Figure
 */

const percent = (/** @type {number} */ value) => `${(100 * value).toFixed(1)} %`;
const ms = (/** @type {number} */ value) => `${value.toFixed(0)} ms`;

/**
 * @param {string} key
 * @param {number} limit
 * @param {(value: number) => string} show
 * @returns {NonNullable<Figure['target']>}
 */
const atMost =
  (key, limit, show) =>
  ({ own }) => ({ text: `≤ ${show(limit)}`, met: /** @type {number} */ (own[key]) <= limit });

/**
 * @param {string} key
 * @param {number} limit
 * @returns {NonNullable<Figure['target']>}
 */
const atMostTimesPlain =
  (key, limit) =>
  ({ own, plain }) =>
    plain && {
      text: `≤ ${limit.toFixed(2)} × plain`,
      met: /** @type {number} */ (own[key]) <= limit * /** @type {number} */ (plain[key]),
    };

/** Least share of bytes from peers in steady state, by number of viewers. @type {Record<number, number>} */
const LEAST_SHARE = { 8: 0.86, 12: 0.9 };
/** How far the whole run may stay below its bound. */
const BELOW_BOUND = 0.015;

/** @type {Figure[]} */
export const FIGURES = [
  {
    key: 'copies',
    name: 'origin copies per segment',
    show: (v) => v.toFixed(2),
    target: atMost('copies', 1.05, String),
  },
  {
    key: 'requests',
    name: 'origin requests per segment',
    show: (v) => v.toFixed(2),
    target: atMost('requests', 1.3, String),
  },
  {
    key: 'peerShare',
    name: 'bytes from peers, steady state',
    show: percent,
    target: ({ viewers, own }) => {
      const least = LEAST_SHARE[viewers];
      return least === undefined ? undefined : { text: `≥ ${100 * least} %`, met: (own.peerShare ?? 0) >= least };
    },
  },
  {
    key: 'peerShareWholeRun',
    name: 'bytes from peers, whole run',
    show: percent,
    target: ({ own }) => ({
      text: '≤ 1.5 points below the bound',
      met: (own.peerShareWholeRun ?? 0) >= (own.wholeRunBound ?? 0) - BELOW_BOUND,
    }),
  },
  { key: 'wholeRunBound', name: 'the bound of it', show: percent },
  {
    key: 'stalls',
    name: 'stalls',
    show: (v) => v.toFixed(0),
    target: ({ own, plain }) => plain && { text: '0 more than plain', met: (own.stalls ?? 0) <= (plain.stalls ?? 0) },
  },
  { key: 'firstFrameMs', name: 'start-up to first frame', show: ms, target: atMostTimesPlain('firstFrameMs', 1.1) },
  { key: 'afterLoadingMs', name: 'of it after the scripts had loaded', show: ms },
  {
    key: 'cpu',
    name: 'CPU per viewer, cores',
    show: (v) => v.toFixed(3),
    target: ({ own, plain, p2pml }) =>
      plain && {
        text: `≤ 1.25 × plain${p2pml ? ', ≤ p2p-media-loader' : ''}`,
        met: (own.cpu ?? 0) <= 1.25 * (plain.cpu ?? 0) && (own.cpu ?? 0) <= (p2pml?.cpu ?? Number.POSITIVE_INFINITY),
      },
  },
  { key: 'delayMedianMs', name: 'after the first viewer, median', show: ms, target: atMost('delayMedianMs', 500, ms) },
  { key: 'delayP99Ms', name: 'after the first viewer, p99', show: ms, target: atMost('delayP99Ms', 1500, ms) },
  {
    key: 'busiestUpload',
    name: 'busiest upload over the mean',
    show: (v) => v.toFixed(2),
    target: atMost('busiestUpload', 2.5, String),
  },
  { key: 'busiestUploadShare', name: "busiest viewer's share of all uploads", show: percent },
  { key: 'latency', name: 'live latency', show: (v) => `${v.toFixed(1)} s` },
  {
    key: 'playlistShare',
    name: 'playlist bytes over media bytes',
    show: (v) => `${(100 * v).toFixed(2)} %`,
    target: atMost('playlistShare', 0.01, (v) => `${100 * v} %`),
  },
  {
    key: 'trackerMessages',
    name: 'tracker messages per viewer-minute',
    show: (v) => v.toFixed(1),
    target: atMost('trackerMessages', 4, String),
  },
  { key: 'links', name: 'links per viewer', show: (v) => v.toFixed(0) },
  {
    key: 'memoryMB',
    name: 'memory per viewer at the end',
    show: (v) => `${v.toFixed(0)} MB`,
    target: ({ own, plain }) =>
      plain && { text: '≤ plain + 64 MB', met: (own.memoryMB ?? 0) <= (plain.memoryMB ?? 0) + 64 },
  },
  { key: 'estimate', name: "hls.js's bandwidth estimate", show: (v) => `${v.toFixed(v < 20 ? 1 : 0)} Mbit/s` },
];

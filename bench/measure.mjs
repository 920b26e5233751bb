// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { startOrigin } from './origin.mjs';
import { startTracker } from './tracker.mjs';
import { startBrowser } from './viewers.mjs';

/** @param {number[]} values */
export const median = (values) => percentile(values, 0.5);

/** @param {number[]} values @param {number} part */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0
    ? Number.NaN
    : /** @type {number} */ (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]);
}

/**
 * One run of one delivery: N viewers join, and the steady state is measured.
 * @param {{ delivery: string, viewers: number, seconds: number, joinMs: number, steadyMs: number, window: number,
 *   segmentSeconds: number, segments: Buffer[], latencyMs?: number, bytesPerSecond?: number, failEvery?: number }} options
 */
export async function measure(options) {
  const { delivery, viewers: count, seconds, joinMs, steadyMs, segments } = options;
  const tracker = await startTracker();
  const origin = await startOrigin({ ...options, segments, announce: tracker.url });
  const browser = await startBrowser();
  try {
    /** @type {Awaited<ReturnType<typeof browser.join>>[]} */
    const viewers = [];
    for (let i = 0; i < count; i++) {
      viewers.push(
        await browser.join(`${origin.url}/watch?delivery=${delivery}&announce=${encodeURIComponent(tracker.url)}`),
      );
      if (i < count - 1) await sleep(joinMs);
    }
    const read = () =>
      Promise.all(
        viewers.map(({ page }) =>
          page.evaluate(() => {
            const { bench, hls } = /** @type {any} */ (globalThis);
            const video = /** @type {HTMLVideoElement} */ (document.getElementById('player'));
            return {
              ...bench,
              stats: { ...bench.stats() },
              latency: hls.latency,
              time: video.currentTime,
              level: hls.currentLevel,
            };
          }),
        ),
      );
    await sleep(steadyMs);
    const cpuBefore = await browser.cpu();
    const before = await read();
    const beganAt = Date.now();
    const messagesBefore = tracker.messages();
    await sleep(seconds * 1000);
    const after = await read();
    const cpuAfter = await browser.cpu();
    const elapsed = (Date.now() - beganAt) / 1000;

    // Segments that appeared, and had time to reach everybody, within the measured time.
    const steady = [...origin.served].filter(([index]) => {
      const arrivals = after.map(({ arrivals }) => arrivals.find((/** @type {any} */ a) => a.sn === index));
      return arrivals.every((arrival) => arrival && arrival.at >= beganAt);
    });
    const copies = steady.map(([index, { bytes }]) => bytes / /** @type {Buffer} */ (segments[index]).length);
    const requests = steady.map(([, { requests }]) => requests);
    const delays = [];
    for (const [index] of steady) {
      const at = after.map(({ arrivals }) => arrivals.find((/** @type {any} */ a) => a.sn === index).at);
      const first = Math.min(...at);
      for (const [viewer, time] of at.entries()) delays.push(time - Math.max(first, after[viewer]?.listed[index] ?? 0));
    }
    const delta = (/** @type {string} */ key) =>
      after.map((viewer, i) => viewer.stats[key] - /** @type {any} */ (before[i]).stats[key]);
    const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);
    const peerBytes = sum(delta('peerBytes'));
    const originBytes = sum(delta('originBytes'));
    const uploads = delta('uploadedBytes');
    const servedAll = sum([...origin.served.values()].map(({ bytes }) => bytes));
    const arrivedAll = sum(after.map(({ arrivals }) => sum(arrivals.map((/** @type {any} */ a) => a.bytes))));
    const cpu = Object.fromEntries(
      Object.keys(cpuAfter).map((type) => [type, ((cpuAfter[type] ?? 0) - (cpuBefore[type] ?? 0)) / elapsed / count]),
    );
    return {
      delivery,
      segments: steady.length,
      copies: sum(copies) / copies.length,
      requests: sum(requests) / requests.length,
      peerShare: peerBytes / (peerBytes + originBytes) || 0,
      peerShareByOrigin:
        1 -
        sum(steady.map(([, { bytes }]) => bytes)) /
          (count * sum(steady.map(([index]) => /** @type {Buffer} */ (segments[index]).length))),
      peerShareWholeRun: 1 - servedAll / arrivedAll,
      stalls: sum(after.map(({ stalls }) => stalls)),
      firstFrameMs: median(after.map(({ firstFrame }) => firstFrame)),
      firstFramesMs: after.map(({ firstFrame }) => Math.round(firstFrame)),
      delayMedianMs: median(delays),
      delayP99Ms: percentile(delays, 0.99),
      cpuPerViewer: cpu.total,
      cpu,
      busiestUpload: Math.max(...uploads) / (sum(uploads) / count) || 0,
      latency: median(after.map(({ latency }) => latency)),
      trackerMessagesPerViewerMinute: ((tracker.messages() - messagesBefore) / count / elapsed) * 60,
      trackerMessages: tracker.messages(),
      playlistShare: origin.playlistBytes() / arrivedAll,
      links: median(after.map(({ stats }) => stats.links)),
      bandwidthEstimate: median(after.map(({ estimates }) => estimates.at(-1) ?? 0)),
      errors: after.flatMap(({ errors = [], warnings = [] }) => [...errors, ...warnings]).slice(0, 20),
    };
  } finally {
    await browser.close();
    await origin.close();
    await tracker.close();
  }
}

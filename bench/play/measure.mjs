// @ts-check
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { sum } from '../../harness/statistics.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { createNetwork } from '../network/namespaces.mjs';
import { plainLine, sitesOf } from '../network/profiles.mjs';
import { joinTimes, runMs } from '../run/plan.mjs';
import { startOrigin } from './origin.mjs';
import { memoryBytes, shortType, threadCpu, threadTimes } from './processes.mjs';
import { wire } from './wire.mjs';

/** What a run may take beyond what its joins and waits add up to, ms. */
const SPARE_MS = 60_000;
/** Deliveries whose viewers the bench wires, and to how many of those before. @type {Record<string, number>} */
const WIRED_TO = { chain: 1, torrents: 2 };

/**
 * @typedef {{ delivery: string, viewers: number, round: number, seconds: number, joinMs: number, joinPattern: string, steadyMs: number,
 *   churnSeconds: number, window: number, segmentSeconds: number, latencyMs: number, bytesPerSecond: number, failShare: number,
 *   bandwidth: number, framesPerSecond?: number, network?: string }} Spec
 * @typedef {{ peerBytes: number, originBytes: number, uploadedBytes: number, links: number }} Stats
 * @typedef {object} Watched one viewer's record, as bench/play/pages/watch.js keeps it; times are ms since 1970 unless said otherwise
 * @property {number} openedAt @property {number | undefined} leftAt
 * @property {number | null} firstFrame from navigation, ms @property {number} loaded likewise
 * @property {number} stalls @property {number} stalledMs
 * @property {[sn: number, level: number, at: number, bytes: number][]} arrivals
 * @property {[key: string, at: number][]} listed
 * @property {[at: number, bitsPerSecond: number, level: number][]} estimates
 * @property {[at: number, level: number][]} switches @property {number[]} emergencies @property {string[]} errors
 * @property {number} latency s between the cut of the picture shown and its display @property {Stats | undefined} joined when all had joined @property {Stats | undefined} before
 * @property {Stats} stats at the end
 * @typedef {Awaited<ReturnType<typeof measure>>} Run
 */

/**
 * One run of one delivery: the viewers join, and once they have settled they are measured. What comes back is raw;
 * bench/report/figures.mjs makes figures of it.
 * @param {Spec} spec
 * @param {import('./origin.mjs').Rendition[]} renditions
 * @throws {Error} when it failed, or took a minute longer than it should
 */
export async function measure(spec, renditions) {
  /** @type {(() => unknown)[]} */
  const open = [];
  const late = AbortSignal.timeout(runMs(spec) + SPARE_MS);
  try {
    return await Promise.race([
      observe(spec, renditions, open),
      new Promise((_, reject) =>
        late.addEventListener('abort', () => reject(new Error('the run took a minute longer than it should'))),
      ),
    ]).then((run) => /** @type {Awaited<ReturnType<typeof observe>>} */ (run));
  } finally {
    for (const close of open.reverse()) await Promise.resolve(close()).catch(() => {});
  }
}

/**
 * @param {Spec} spec
 * @param {import('./origin.mjs').Rendition[]} renditions
 * @param {(() => unknown)[]} open what to close afterwards
 */
async function observe(spec, renditions, open) {
  const { delivery, viewers: count, seconds, steadyMs, bandwidth, churnSeconds } = spec;
  const load = loadavg()[0];
  const sites = spec.network
    ? sitesOf(spec.network, count)
    : Array.from({ length: bandwidth ? count : 0 }, () => ({ line: plainLine(bandwidth), viewers: 1 }));
  const network = sites.length > 0 ? await createNetwork(sites) : undefined;
  if (network) open.push(network.close);
  const host = network?.host ?? '127.0.0.1';
  const tracker = await startTracker(host);
  open.push(tracker.close);
  const origin = await startOrigin({ ...spec, renditions, announce: tracker.url, host });
  open.push(origin.close);
  const browsers = await Promise.all(
    (network?.namespaces ?? [undefined]).map(async (namespace) => {
      const browser = await startBrowser(namespace ? { namespace, secureOrigin: origin.url } : {});
      open.push(browser.close);
      return browser;
    }),
  );
  const url = `${origin.url}/watch?delivery=${delivery}&announce=${encodeURIComponent(tracker.url)}`;
  const processes = async () => (await Promise.all(browsers.map((browser) => browser.processes()))).flat();

  /** @typedef {{ page: import('puppeteer-core').Page, close(): Promise<void>, slot: number, joined?: Stats, before?: Stats | undefined }} Present */
  /** @type {Present[]} */
  const present = [];
  /** @type {Watched[]} */
  const left = [];
  let wiring = Promise.resolve();
  const join = async (/** @type {number} */ slot) => {
    const browser = /** @type {typeof browsers[number]} */ (browsers[slot % browsers.length]);
    const viewer = { ...(await browser.join(url)), slot };
    const wiredTo = present.slice(present.length - (WIRED_TO[delivery] ?? 0)).reverse();
    present.push(viewer);
    // One after the other, however long a page takes to open.
    wiring = wiring.then(async () => {
      for (const [i, { page }] of wiredTo.entries()) await wire(page, viewer.page, i === 0);
    });
    await wiring;
  };
  const leave = async (/** @type {Present} */ viewer) => {
    left.push(await read(viewer, origin.cutAt, Date.now()));
    await viewer.close();
  };
  await Promise.all(joinTimes(spec).map((ms, slot) => sleep(ms).then(() => join(slot))));
  for (const viewer of present) viewer.joined = await stats(viewer);
  const joinedAt = Date.now();

  const endsAt = joinedAt + steadyMs + seconds * 1000;
  const churn = async () => {
    for (let turn = 1; churnSeconds && joinedAt + turn * churnSeconds * 1000 < endsAt; turn++) {
      await sleep(joinedAt + turn * churnSeconds * 1000 - Date.now());
      const oldest = present.shift();
      if (!oldest) return;
      await leave(oldest);
      await join(oldest.slot);
    }
  };
  const churning = churn();
  churning.catch(() => {});

  await sleep(joinedAt + steadyMs - Date.now());
  const busyBefore = await processes();
  const threadsBefore = threadTimes(busyBefore);
  await Promise.all(
    present.map(async (viewer) => {
      // One that leaves at this moment has no place in the measured time.
      viewer.before = await stats(viewer).catch(() => undefined);
    }),
  );
  const beganAt = Date.now();
  const servedBefore = sum(origin.served().map(([, bytes]) => bytes));
  const messagesBefore = tracker.messages();
  await sleep(endsAt - Date.now());
  await churning;
  const watched = await Promise.all(present.map((viewer) => read(viewer, origin.cutAt)));
  const endedAt = Date.now();
  const busyAfter = await processes();
  const threads = threadCpu(threadsBefore, threadTimes(busyAfter));
  const served = origin.served();
  const before = new Map(busyBefore.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]));
  /** @type {Record<string, number>} */
  const cpu = {};
  for (const { pid, type, cpuSeconds } of busyAfter) {
    cpu[shortType(type)] = (cpu[shortType(type)] ?? 0) + cpuSeconds - (before.get(pid) ?? 0);
  }
  return {
    ...spec,
    load,
    chromium: browsers[0]?.version,
    joinedAt,
    beganAt,
    endedAt,
    served,
    /** Bytes of segments that the origin sent between `beganAt` and `endedAt`. */
    servedMeasured: sum(served.map(([, bytes]) => bytes)) - servedBefore,
    playlistBytes: origin.playlistBytes(),
    originFailures: origin.failures(),
    trackerMessages: { joining: messagesBefore, measured: tracker.messages() - messagesBefore },
    /** Seconds of CPU between `beganAt` and `endedAt`, of all viewers. */
    cpu,
    threads,
    /** Pss at the end, of all viewers. */
    memory: {
      all: memoryBytes(busyAfter),
      renderers: memoryBytes(busyAfter.filter(({ type }) => type === 'renderer')),
    },
    watched: [...left, ...watched],
  };
}

/** @param {{ page: import('puppeteer-core').Page }} viewer @returns {Promise<Stats>} */
const stats = ({ page }) =>
  page.evaluate(() => {
    const { peerBytes, originBytes, uploadedBytes, links } = globalThis.bench.stats();
    return { peerBytes, originBytes, uploadedBytes, links };
  });

/**
 * @param {{ page: import('puppeteer-core').Page, joined?: Stats, before?: Stats | undefined }} viewer
 * @param {(mediaSequence: number) => number} cutAt
 * @param {number} [leftAt]
 * @returns {Promise<Watched>}
 */
async function read({ page, joined, before }, cutAt, leftAt) {
  const { shown, ...record } = await page.evaluate(() => {
    const { bench, hls } = globalThis;
    // hls.latency counts from the last playlist, which comes later where a reload is kept from the player.
    const time = hls.media?.currentTime ?? Number.NaN;
    const fragments = hls.latestLevelDetails?.fragments ?? [];
    const fragment = fragments.find(({ end }) => time < end) ?? fragments.at(-1);
    const { peerBytes, originBytes, uploadedBytes, links } = bench.stats();
    return {
      ...bench,
      firstFrame: bench.firstFrame ?? null,
      loaded: bench.loaded ?? Number.NaN,
      listed: [...bench.listed],
      openedAt: performance.timeOrigin,
      shown: fragment && { at: Date.now(), mediaSequence: Number(fragment.sn), seconds: time - fragment.start },
      stats: { peerBytes, originBytes, uploadedBytes, links },
    };
  });
  const latency = shown ? (shown.at - cutAt(shown.mediaSequence)) / 1000 - shown.seconds : Number.NaN;
  return { ...record, latency, joined, before, leftAt };
}

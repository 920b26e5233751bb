// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { makeFeed } from '../play/feed.mjs';
import { startOrigin } from '../play/origin.mjs';
import { memoryBytes } from '../play/processes.mjs';
import { writeResult } from '../report/results.mjs';
import { soakChart, verdicts } from './verdicts.mjs';

/** A small picture: what is looked for is what stays behind, not what a decoder costs. */
const FEED = { bitsPerSecond: 250_000, width: 320, height: 180, framesPerSecond: 10 };
/** Segments that a playlist has at least, and how long they last at least, s. */
const WINDOW = 5;
const WINDOW_SECONDS = 12;
/** What viewers hold is counted so often, or this often in all where that is more, min. */
const LOOK_EVERY = 1;
const LOOKS = 16;
/** Segments that a page of the bench remembers. */
const KEEP = 30;

/**
 * `--soak`: two viewers through the hls.js loader and a plain one stay, each in a browser of its own; beside them one viewer
 * joins and one leaves again and again. Once a minute, or more often, what those who stay hold is counted, after a garbage collection.
 * @param {{ minutes: number, churnSeconds: number, segmentSeconds: number, viewers: number, delivery: string, name: string }} options
 *   viewers of the mesh: two who stay, and the others, who come and go
 */
export async function soak({ minutes, churnSeconds, segmentSeconds, viewers, delivery, name }) {
  const window = Math.max(WINDOW, Math.ceil(WINDOW_SECONDS / segmentSeconds));
  const seconds = 60 * Math.ceil((window * segmentSeconds) / 60 + minutes + 2);
  console.error(`feed: ${seconds} s`);
  const segments = makeFeed({ ...FEED, seconds, segmentSeconds });
  const tracker = await startTracker();
  const open = () =>
    startOrigin({
      renditions: [{ ...FEED, segments }],
      segmentSeconds,
      window,
      announce: tracker.url,
    });
  const [origin, plainOrigin] = await Promise.all([open(), open()]);
  /** @type {Awaited<ReturnType<typeof startBrowser>>[]} */
  const browsers = [];
  const browser = async () => {
    const started = await startBrowser();
    browsers.push(started);
    return started;
  };
  /** @param {string} kind */
  const url = (kind) => `${(kind === 'plain' ? plainOrigin : origin).url}/watch?delivery=${kind}&keep=${KEEP}`;
  /** @type {(Parameters<typeof holdings>[0] & { kind: string })[]} */
  const stayers = [];
  for (const kind of [delivery, delivery, 'plain']) {
    const own = await browser();
    const viewer = await own.join(url(kind), countTimers);
    stayers.push({ kind, browser: own, page: viewer.page, devtools: await viewer.devtools() });
  }
  const passing = await browser();
  /** @type {{ close(): Promise<void> }[]} */
  const guests = [];
  let joins = 0;
  let leaves = 0;
  const beganAt = Date.now();
  const endsAt = beganAt + minutes * 60_000;
  const churn = async () => {
    for (let turn = 1; Date.now() < endsAt; turn++) {
      guests.push(await passing.join(url(delivery)));
      joins += 1;
      if (guests.length > Math.max(1, viewers - 2)) {
        await guests.shift()?.close();
        leaves += 1;
      }
      await sleep(Math.max(0, Math.min(endsAt, beganAt + turn * churnSeconds * 1000) - Date.now()));
    }
  };
  const churning = churn();
  churning.catch(() => {});
  /** @type {import('./verdicts.mjs').Sample[][]} */
  const samples = stayers.map(() => []);
  const result = () => ({
    what: {
      minutes,
      churnSeconds,
      viewers,
      delivery,
      browser: passing.version,
      feed: FEED,
      segmentSeconds,
    },
    joins,
    leaves,
    verdicts: verdicts(stayers.map(({ kind }, i) => ({ kind, samples: samples[i] ?? [] }))),
    stayers: stayers.map(({ kind }, i) => ({ kind, samples: samples[i] ?? [] })),
  });
  try {
    const every = Math.min(LOOK_EVERY, minutes / LOOKS);
    for (let minute = every; minute <= minutes; minute += every) {
      await Promise.race([sleep(Math.max(0, beganAt + minute * 60_000 - Date.now())), churning]);
      for (const [i, stayer] of stayers.entries()) {
        samples[i]?.push({ minute: (Date.now() - beganAt) / 60_000, ...(await holdings(stayer)) });
      }
      const last = samples.map((list) => list.at(-1));
      console.error(
        `${minute.toFixed(1)} min: ${last.map((sample, i) => `${stayers[i]?.kind} ${sample?.heapMB.toFixed(1)} MB heap, ${sample?.peerConnections} connections, ${sample?.stalls} stalls`).join('; ')}; ${joins} joins`,
      );
      writeResult(`${name}.json`, result());
      writeResult(`${name}.svg`, soakChart(result()));
    }
    await churning;
  } finally {
    for (const each of browsers) await each.close();
    await Promise.all([origin.close(), plainOrigin.close(), tracker.close()]);
  }
  return result();
}

/** Counts running timers in `globalThis.timers`; runs in the page. */
function countTimers() {
  const running = new Set();
  /** @typedef {(...args: unknown[]) => number} Timer */
  const page =
    /** @type {{ setTimeout: Timer, setInterval: Timer, clearTimeout(id: unknown): void, clearInterval(id: unknown): void }} */ (
      /** @type {unknown} */ (globalThis)
    );
  Object.defineProperty(page, 'timers', { get: () => running.size });
  const { setTimeout, setInterval, clearTimeout, clearInterval } = page;
  page.setTimeout = (task, ms, ...rest) => {
    const id = setTimeout(
      (/** @type {unknown[]} */ ...args) => {
        running.delete(id);
        if (typeof task === 'function') task(...args);
      },
      ms,
      ...rest,
    );
    running.add(id);
    return id;
  };
  page.setInterval = (/** @type {unknown[]} */ ...args) => {
    const id = setInterval(...args);
    running.add(id);
    return id;
  };
  page.clearTimeout = page.clearInterval = (/** @type {unknown} */ id) => {
    running.delete(id);
    clearTimeout(id);
    clearInterval(id);
  };
}

/**
 * What a viewer holds after a garbage collection.
 * @param {{ browser: Awaited<ReturnType<typeof startBrowser>>, page: import('puppeteer-core').Page,
 *   devtools: import('puppeteer-core').CDPSession }} stayer
 */
async function holdings({ browser, page, devtools }) {
  await devtools.send('HeapProfiler.enable');
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.disable');
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const metric = (/** @type {string} */ key) => metrics.find(({ name }) => name === key)?.value ?? Number.NaN;
  const state = await page.evaluate(() => {
    const { bench, hls, timers } = globalThis;
    const { links, torrents, cachedBytes, peerBytes, originBytes, uploadedBytes } = bench.stats();
    const { stalls, stalledMs } = bench;
    const time = /** @type {HTMLVideoElement} */ (document.getElementById('player')).currentTime;
    const loaded = { links, torrents, cachedBytes, peerBytes, originBytes, uploadedBytes };
    return { timers, stalls, stalledMs, latency: hls.latency, time, ...loaded };
  });
  const connections = await living(devtools, 'RTCPeerConnection', "connectionState !== 'closed'");
  const channels = await living(devtools, 'RTCDataChannel', "readyState !== 'closed'");
  const ports = await living(devtools, 'MessagePort', 'true');
  return {
    heapMB: metric('JSHeapUsedSize') / 1e6,
    memoryMB: (memoryBytes(await browser.processes()) ?? Number.NaN) / 1e6,
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    peerConnections: connections.all,
    openPeerConnections: connections.open,
    channels: channels.all,
    openChannels: channels.open,
    ports: ports.all,
    ...state,
  };
}

/**
 * Objects of a class that are in the page's heap, whoever made them.
 * @param {import('puppeteer-core').CDPSession} devtools
 * @param {string} name
 * @param {string} isOpen an expression over a property of the object
 */
async function living(devtools, name, isOpen) {
  const objectGroup = 'holdings';
  const { result } = await devtools.send('Runtime.evaluate', { expression: `${name}.prototype`, objectGroup });
  const { objects } = await devtools.send('Runtime.queryObjects', {
    prototypeObjectId: result.objectId ?? '',
    objectGroup,
  });
  const open = isOpen === 'true' ? 'true' : `object.${isOpen}`;
  const counted = await devtools.send('Runtime.callFunctionOn', {
    objectId: objects.objectId ?? '',
    functionDeclaration: `function () { return { all: this.length, open: this.filter((object) => ${open}).length }; }`,
    returnByValue: true,
  });
  await devtools.send('Runtime.releaseObjectGroup', { objectGroup });
  return /** @type {{ all: number, open: number }} */ (counted.result.value);
}

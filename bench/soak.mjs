// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { lineChart } from './charts.mjs';
import { makeFeed } from './feed.mjs';
import { startOrigin } from './origin.mjs';
import { memoryBytes } from './processes.mjs';
import { writeResult } from './results.mjs';
import { median, slope } from './statistics.mjs';
import { startTracker } from './tracker.mjs';
import { startBrowser } from './viewers.mjs';

/** A small picture: what is looked for is what stays behind, not what a decoder costs. */
const FEED = { bitsPerSecond: 250_000, width: 320, height: 180, framesPerSecond: 10 };
const SEGMENT_SECONDS = 4;
const WINDOW = 5;
/** Samples of the first minutes are of a mesh and caches that still fill, min. */
const WARM_UP = 5;
/** Segments that a page of the bench remembers. */
const KEEP = 30;

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

/**
 * `--soak`: two viewers through the hls.js loader and a plain one stay, each in a browser of its own; beside them one viewer
 * joins and one leaves again and again. Once a minute what those who stay hold is counted, after a garbage collection.
 * @param {{ minutes: number, churnSeconds: number, viewers: number, delivery: string, name: string }} options
 *   viewers of the mesh: two who stay, and the others, who come and go
 */
export async function soak({ minutes, churnSeconds, viewers, delivery, name }) {
  const seconds = 60 * Math.ceil((WINDOW * SEGMENT_SECONDS) / 60 + minutes + 2);
  console.error(`feed: ${seconds} s`);
  const segments = await makeFeed({ ...FEED, seconds, segmentSeconds: SEGMENT_SECONDS });
  const tracker = await startTracker();
  const open = () =>
    startOrigin({
      renditions: [{ ...FEED, segments }],
      segmentSeconds: SEGMENT_SECONDS,
      window: WINDOW,
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
  /** @type {Record<string, any>[][]} */
  const samples = stayers.map(() => []);
  const result = () => ({
    what: {
      minutes,
      churnSeconds,
      viewers,
      delivery,
      browser: passing.version,
      feed: FEED,
      segmentSeconds: SEGMENT_SECONDS,
    },
    joins,
    leaves,
    verdicts: verdicts(stayers.map(({ kind }, i) => ({ kind, samples: samples[i] ?? [] }))),
    stayers: stayers.map(({ kind }, i) => ({ kind, samples: samples[i] ?? [] })),
  });
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      await Promise.race([sleep(Math.max(0, beganAt + minute * 60_000 - Date.now())), churning]);
      for (const [i, stayer] of stayers.entries()) {
        samples[i]?.push({ minute: (Date.now() - beganAt) / 60_000, ...(await holdings(stayer)) });
      }
      const last = samples.map((list) => list.at(-1));
      console.error(
        `${minute} min: ${last.map((sample, i) => `${stayers[i]?.kind} ${sample?.heapMB.toFixed(1)} MB heap, ${sample?.peerConnections} connections, ${sample?.stalls} stalls`).join('; ')}; ${joins} joins`,
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
  const page = /** @type {any} */ (globalThis);
  Object.defineProperty(page, 'timers', { get: () => running.size });
  const { setTimeout, setInterval, clearTimeout, clearInterval } = page;
  page.setTimeout = (/** @type {any} */ task, /** @type {number} */ ms, /** @type {any[]} */ ...rest) => {
    const id = setTimeout(
      (/** @type {any[]} */ ...args) => {
        running.delete(id);
        if (typeof task === 'function') task(...args);
      },
      ms,
      ...rest,
    );
    running.add(id);
    return id;
  };
  page.setInterval = (/** @type {any[]} */ ...args) => {
    const id = setInterval(...args);
    running.add(id);
    return id;
  };
  page.clearTimeout = page.clearInterval = (/** @type {any} */ id) => {
    running.delete(id);
    clearTimeout(id);
    clearInterval(id);
  };
}

/**
 * What a viewer holds after a garbage collection.
 * @param {{ browser: Awaited<ReturnType<typeof startBrowser>>, page: import('playwright-core').Page,
 *   devtools: import('playwright-core').CDPSession }} stayer
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
    const { bench, hls, timers } = /** @type {any} */ (globalThis);
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
 * @param {import('playwright-core').CDPSession} devtools
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

/**
 * Whether what a viewer holds stays as it is: the median slope after the first minutes, over half an hour.
 * @param {{ kind: string, samples: Record<string, any>[] }[]} stayers
 */
export function verdicts(stayers) {
  const settled = (/** @type {Record<string, any>[]} */ samples) => {
    const late = samples.filter(({ minute }) => minute > WARM_UP);
    return late.length >= 2 ? late : samples;
  };
  const plain = stayers.find(({ kind }) => kind === 'plain');
  return stayers.map(({ kind, samples }) => ({
    kind,
    figures: FLAT.filter(([key]) => samples.some((sample) => Number.isFinite(sample[key]))).map(
      ([key, drift, name]) => {
        const points = settled(samples).map((sample) => /** @type {const} */ ([sample.minute, sample[key]]));
        const per30Minutes = 30 * slope(points);
        return {
          key,
          name,
          median: median(points.map(([, y]) => y)),
          per30Minutes,
          drift,
          flat: per30Minutes <= drift,
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

/** @param {{ what: { minutes: number, churnSeconds: number }, stayers: { kind: string, samples: Record<string, any>[] }[] }} result */
function soakChart({ what, stayers }) {
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

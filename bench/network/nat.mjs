// @ts-check
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser } from '../../harness/measured-browser.mjs';
import { sum } from '../../harness/statistics.mjs';
import { startTracker } from '../../harness/tracker.mjs';
import { makeFeed } from '../play/feed.mjs';
import { startOrigin } from '../play/origin.mjs';
import { peerBound } from './bound.mjs';
import { createNetwork } from './namespaces.mjs';
import { HOMES, sitesOf } from './profiles.mjs';
import { startRelay } from './relay.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {{ peerBytes: number, originBytes: number, uploadedBytes: number, relayedPeerBytes: number, relayedUploadedBytes: number, links: number, failedLinks: number, peers?: { path?: string }[] }} Stats */

const RENDITION = { bitsPerSecond: 2_000_000, width: 480, height: 270 };
const SEGMENT_SECONDS = 4;
const FRAMES_PER_SECOND = 8;
/** How long two viewers have to link, and how long a path has to settle, ms. */
const LINK_WITHIN_MS = 12_000;
const SETTLES_MS = 2_500;
/** From one join to the next, until all are measured, and how long, ms. */
const JOIN_MS = 2_000;
const STEADY_MS = 15_000;
const MEASURED_MS = 30_000;
/** The less direct of two words for one pair. */
const PATHS = ['host', 'srflx', 'prflx', 'relay'];

/** Viewers by their homes: two in one are told apart. */
export const viewerNames = HOMES.flatMap(({ name, viewers }, home) =>
  Array.from({ length: viewers }, (_, v) => {
    const alike = HOMES.filter((other) => other.name === name).length;
    if (viewers > 1) return `${name} ${'ab'[v]}`;
    return alike > 1 ? `${name} ${HOMES.slice(0, home + 1).filter((other) => other.name === name).length}` : name;
  }),
);

/**
 * Rounds in which everybody meets everybody else once (the circle method).
 * @param {number} count
 * @returns {[number, number][][]}
 */
export function rounds(count) {
  const places = count + (count % 2);
  const others = Array.from({ length: places - 1 }, (_, i) => i + 1);
  return Array.from({ length: places - 1 }, (_, round) => {
    const row = [0, ...others.slice(round), ...others.slice(0, round)];
    return Array.from(
      { length: places / 2 },
      (_, i) => /** @type {[number, number]} */ ([row[i], row[places - 1 - i]]),
    ).filter((pair) => Math.max(...pair) < count);
  });
}

/** @param {Page} page @returns {Promise<Stats>} */
const statsOf = (page) => page.evaluate(() => /** @type {any} */ (globalThis).bench.stats());

/**
 * `--network nat`: viewers behind routers of their own. Each pair by itself, with STUN and with TURN, then all together.
 * @returns {Promise<string>} Markdown tables
 */
export async function nat() {
  /** @type {(() => unknown)[]} */
  const open = [];
  const sites = sitesOf('nat', viewerNames.length);
  const pairRounds = rounds(viewerNames.length);
  const seconds =
    60 + (2 * pairRounds.length * (LINK_WITHIN_MS + 2 * SETTLES_MS)) / 1000 + (STEADY_MS + MEASURED_MS) / 1000;
  const segments = makeFeed({
    ...RENDITION,
    seconds: Math.ceil(seconds / 60) * 60,
    segmentSeconds: SEGMENT_SECONDS,
    framesPerSecond: FRAMES_PER_SECOND,
  });
  try {
    const network = await createNetwork(sites);
    open.push(network.close);
    const { host } = network;
    const relay = await startRelay(host);
    open.push(relay.close);
    const tracker = await startTracker(host);
    open.push(tracker.close);
    const origin = await startOrigin({
      ...{
        renditions: [{ ...RENDITION, segments }],
        segmentSeconds: SEGMENT_SECONDS,
        window: 5,
        announce: tracker.url,
        host,
      },
    });
    open.push(origin.close);
    const browsers = await Promise.all(
      network.namespaces.map(async (namespace) => {
        const browser = await startBrowser({ namespace, secureOrigin: origin.url });
        open.push(browser.close);
        return browser;
      }),
    );
    const join = (
      /** @type {number} */ viewer,
      /** @type {object[]} */ ice,
      stream = randomBytes(20).toString('hex'),
    ) =>
      /** @type {typeof browsers[number]} */ (browsers[viewer]).join(
        `${origin.url}/watch?delivery=hls&stream=${stream}&ice=${encodeURIComponent(JSON.stringify(ice))}`,
      );

    /** How two viewers are linked who have only each other. */
    const pathBetween = async (/** @type {[number, number]} */ pair, /** @type {object[]} */ ice) => {
      const stream = randomBytes(20).toString('hex');
      const pages = await Promise.all(pair.map((viewer) => join(viewer, ice, stream)));
      const look = async () =>
        (await Promise.all(pages.map(({ page }) => statsOf(page)))).map(({ peers }) => peers?.[0]?.path);
      const until = Date.now() + LINK_WITHIN_MS;
      while (Date.now() < until && (await look()).includes(undefined)) await sleep(250);
      await sleep(SETTLES_MS);
      await look();
      await sleep(100);
      const seen = await look();
      await Promise.all(pages.map(({ close }) => close()));
      return seen.includes(undefined) ? '–' : PATHS[Math.max(...seen.map((path) => PATHS.indexOf(path ?? '')))];
    };
    const matrix = async (/** @type {object[]} */ ice, /** @type {string} */ name) => {
      /** @type {Map<string, string | undefined>} */
      const paths = new Map();
      for (const [i, pairs] of pairRounds.entries()) {
        console.error(`${name}: round ${i + 1} of ${pairRounds.length}`);
        const found = await Promise.all(pairs.map((pair) => pathBetween(pair, ice)));
        for (const [p, pair] of pairs.entries()) paths.set([...pair].sort().join(), found[p]);
      }
      return paths;
    };
    const withTurn = await matrix(relay.turn, 'with TURN');
    const withStun = await matrix(relay.stun, 'with STUN alone');

    console.error('all together');
    const stream = randomBytes(20).toString('hex');
    /** @type {Awaited<ReturnType<typeof join>>[]} */
    const pages = [];
    for (const viewer of viewerNames.keys()) {
      pages.push(await join(viewer, relay.turn, stream));
      await sleep(JOIN_MS);
    }
    await sleep(STEADY_MS);
    const read = () => Promise.all(pages.map(({ page }) => statsOf(page)));
    const before = await read();
    await sleep(MEASURED_MS);
    const after = await read();
    const stalls = await Promise.all(
      pages.map(({ page }) => page.evaluate(() => /** @type {any} */ (globalThis).bench.stalls)),
    );
    return [
      pairTable(withTurn, withStun),
      together(before, after, stalls, peerBound(sites, RENDITION.bitsPerSecond / 1e6)),
    ].join('\n\n');
  } finally {
    for (const close of open.reverse()) await Promise.resolve(close()).catch(() => {});
  }
}

/**
 * @param {Map<string, string | undefined>} withTurn by pair
 * @param {Map<string, string | undefined>} withStun
 */
export function pairTable(withTurn, withStun) {
  const cell = (/** @type {number} */ a, /** @type {number} */ b) => {
    const key = [a, b].sort().join();
    const [turn, stun] = [withTurn.get(key) ?? '', withStun.get(key)];
    return turn === stun ? turn : `${turn} (STUN alone: ${stun})`;
  };
  const linked = (/** @type {typeof withTurn} */ paths) => [...paths.values()].filter((path) => path !== '–').length;
  return [
    `| | ${viewerNames.slice(1).join(' | ')} |`,
    `| --- | ${viewerNames
      .slice(1)
      .map(() => '---')
      .join(' | ')} |`,
    ...viewerNames.slice(0, -1).map((name, a) => {
      const cells = viewerNames.slice(1).map((_, i) => (i + 1 > a ? cell(a, i + 1) : ''));
      return `| ${name} | ${cells.join(' | ')} |`;
    }),
    '',
    `Linked: ${linked(withTurn)} of ${withTurn.size} pairs with TURN, ${linked(withStun)} with STUN alone.`,
  ].join('\n');
}

/**
 * @param {Stats[]} before
 * @param {Stats[]} after
 * @param {number[]} stalls
 * @param {number} bound
 */
export function together(before, after, stalls, bound) {
  const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
  const grown = (/** @type {keyof Stats} */ name) =>
    after.map((now, i) => Number(now[name]) - Number(before[i]?.[name]));
  const [peer, origin, given, relayedIn, relayedOut] = /** @type {number[][]} */ (
    /** @type {const} */ ([
      'peerBytes',
      'originBytes',
      'uploadedBytes',
      'relayedPeerBytes',
      'relayedUploadedBytes',
    ]).map(grown)
  );
  const at = (/** @type {number[] | undefined} */ list, /** @type {number} */ i) => list?.[i] ?? 0;
  const rows = viewerNames.map((name, i) => {
    const paths = (after[i]?.peers ?? []).map(({ path }) => path);
    const links = PATHS.map((path) => [path, paths.filter((each) => each === path).length]).filter(
      ([, count]) => count,
    );
    return `| ${[
      name,
      links.map(([path, count]) => `${count} ${path}`).join(', '),
      percent(at(peer, i) / (at(peer, i) + at(origin, i))),
      megabytes(at(peer, i)),
      megabytes(at(given, i)),
      megabytes(at(relayedIn, i)),
      megabytes(at(relayedOut, i)),
      at(stalls, i),
    ].join(' | ')} |`;
  });
  const share = sum(peer ?? []) / (sum(peer ?? []) + sum(origin ?? []));
  return [
    '| viewer | links | from peers | taken, MB | given, MB | of it relayed: taken, MB | given, MB | stalls |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `From peers: ${percent(share)} of all bytes; bound ${percent(bound)}. Relayed: ${percent(sum(relayedIn ?? []) / sum(peer ?? []))} of what peers gave.`,
  ].join('\n');
}

// @ts-check
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { bin, Cli } from '../../harness/cli.mjs';
import { root } from '../../harness/page-files.mjs';
import { median, sum } from '../../harness/statistics.mjs';
import { createNetwork } from './namespaces.mjs';

/** @typedef {{ links: number, peerBytes: number, outsideBytes: number, originBytes: number, late: number }} Sums */
/** @typedef {{ rule: string, round: number, between: number, copies: number, peerShare: number, late: number, links: number }} Verdict */

/** Two sites of four, each behind a line that carries the stream a few times. */
const SITES = 2;
const VIEWERS = 4;
const LINE = { down: 4, up: 4, rttMs: 25, jitterMs: 0, loss: 0, queueMs: 150 };
const RULES = ['no groups', 'prefer', 'only'];
const REPEAT = 3;
/** From one join to the next, until all are measured, and how long, ms. */
const JOIN_MS = 700;
const STEADY_MS = 30_000;
const MEASURED_MS = 40_000;

/** @type {(keyof Sums)[]} */
const NAMES = ['links', 'peerBytes', 'outsideBytes', 'originBytes', 'late'];

/**
 * `--network groups`: viewers without a screen at two sites, each behind a line of its own, with real WebRTC.
 * @param {number} [repeat]
 * @returns {Promise<string>} a Markdown table
 */
export async function groups(repeat = REPEAT) {
  /** @type {Verdict[]} */
  const verdicts = [];
  for (let round = 1; round <= repeat; round++) {
    for (const rule of RULES) {
      const verdict = await measure(rule, round);
      console.error(`  ${JSON.stringify(verdict)}`);
      verdicts.push(verdict);
    }
  }
  return table(verdicts);
}

/** @param {string} rule @param {number} round @returns {Promise<Verdict>} */
async function measure(rule, round) {
  const network = await createNetwork(Array.from({ length: SITES }, () => ({ line: LINE, viewers: VIEWERS })));
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  /** @type {Cli | undefined} */
  let origin;
  try {
    origin = await Cli.start(['-f', join(root, 'examples/feed'), '-l', '-s', 'false'], network.host);
    /** @type {Sums[]} */
    const last = [];
    for (let viewer = 0; viewer < SITES * VIEWERS; viewer++) {
      // By turns, so that neither site is there before the other.
      const site = viewer % SITES;
      const namespace = network.namespaces[site * VIEWERS + Math.floor(viewer / SITES)] ?? '';
      const group = rule === 'no groups' ? [] : ['--group', `site ${site}`, '--group-rule', rule];
      const child = spawn('ip', [
        ...['netns', 'exec', namespace, process.execPath, bin, 'help'],
        ...['-u', `${origin.url}manifest.m3u8`, '--viewers', '1', '--json'],
        ...group,
      ]);
      children.push(child);
      createInterface(child.stdout).on('line', (line) => {
        if (line.startsWith('{')) last[viewer] = JSON.parse(line);
      });
      child.stderr.on('data', (text) => console.error(String(text).trim()));
      await sleep(JOIN_MS);
    }
    await sleep(STEADY_MS);
    const before = last.map((sums) => ({ ...sums }));
    await sleep(MEASURED_MS);
    const since = (/** @type {keyof Sums} */ name) => sum(last.map((sums, i) => sums[name] - (before[i]?.[name] ?? 0)));
    const [, peerBytes = 0, , originBytes = 0, late = 0] = NAMES.map(since);
    const copy = (peerBytes + originBytes) / (SITES * VIEWERS);
    const between = rule === 'no groups' ? Number.NaN : since('outsideBytes') / copy;
    const share = peerBytes / (peerBytes + originBytes);
    const links = sum(last.map((sums) => sums.links)) / (SITES * VIEWERS);
    return { rule, round, between, copies: originBytes / copy, peerShare: share, late, links };
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await origin?.stop();
    await sleep(1_000);
    network.close();
  }
}

/** @param {Verdict[]} verdicts */
export function table(verdicts) {
  const rows = RULES.map((rule) => {
    const own = verdicts.filter((verdict) => verdict.rule === rule);
    const middle = (/** @type {(verdict: Verdict) => number} */ pick) => median(own.map(pick));
    const between = middle((v) => v.between);
    return `| ${[
      rule === 'no groups' ? rule : `\`${rule}\``,
      own.length,
      Number.isNaN(between) ? '' : between.toFixed(2),
      middle((v) => v.copies).toFixed(2),
      `${(100 * middle((v) => v.peerShare)).toFixed(1)} %`,
      sum(own.map((v) => v.late)),
      middle((v) => v.links).toFixed(1),
    ].join(' | ')} |`;
  });
  return [
    '| `groupRule` | runs | between the groups, copies a segment | origin copies | from peers | late segments | links |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

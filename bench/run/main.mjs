#!/usr/bin/env node
// @ts-check
/** `npm run bench`: measures live play in Chromium. `--help` names the options, bench/README.md says what is measured. */

import { calibrate } from '../network/calibrate.mjs';
import { groups } from '../network/groups.mjs';
import { nat } from '../network/nat.mjs';
import { network } from '../network/play.mjs';
import { LINES } from '../network/profiles.mjs';
import { overview } from '../report/overview.mjs';
import { charts, replaceBetween, summary, tables, threadTables } from '../report/report.mjs';
import { readResult, writeResult } from '../report/results.mjs';
import { soak } from '../soak/soak.mjs';
import { soakTable } from '../soak/verdicts.mjs';
import { beside } from './beside.mjs';
import { compare } from './compare.mjs';
import { demo } from './demo.mjs';
import { lowLatency } from './low-latency.mjs';
import { helpText, parseOptions } from './options.mjs';
import { smoke } from './smoke.mjs';
import { startup } from './startup.mjs';

const here = (/** @type {string} */ path) => new URL(path, import.meta.url);

/** @param {import('./options.mjs').Options} options @returns {Promise<boolean>} whether all that is required was met */
async function main(options) {
  const { mode, name } = options;
  const show = (/** @type {string} */ mark, /** @type {string} */ text, page = '../README.md') => {
    console.log(text);
    if (options.readme) replaceBetween(here(page), mark, text);
  };
  if (mode === 'smoke') return smoke(options);
  if (mode === 'network') {
    const lines = options.networks.filter((profile) => profile !== 'nat' && profile !== 'groups');
    if (lines.length > 0) show('network', await network({ ...options, networks: lines }), '../network/README.md');
    if (options.networks.includes('nat')) show('nat', await nat(), '../network/README.md');
    if (options.networks.includes('groups'))
      show('groups', await groups(options.given('repeat') ? options.repeat : undefined), '../network/README.md');
    return true;
  }
  if (mode === 'calibrate') {
    show('calibrate', await calibrate(Object.keys(LINES)), '../network/README.md');
    return true;
  }
  if (mode === 'startup') {
    show('startup', await startup(options));
    return true;
  }
  if (mode === 'low-latency') {
    show('low-latency', await lowLatency(options));
    return true;
  }
  if (mode === 'beside') {
    const text = await beside(options);
    writeResult(`${name}.md`, `# Two deliveries at the same time\n\n${text}\n`);
    const [ratios = '', threads = ''] = text.split('\n\n');
    console.log(threads);
    show('beside', ratios);
    return true;
  }
  if (mode === 'demo') {
    console.log(await demo(options));
    return true;
  }
  if (mode === 'soak') {
    const result = await soak({ ...options, ...soakDefaults(options) });
    const table = soakTable(result);
    console.log(table);
    writeResult(`${name}.md`, `# ${options.minutes} minutes of live play\n\n${table}\n`);
    return result.verdicts.every(({ kind, figures }) => kind === 'plain' || figures.every(({ flat }) => flat));
  }
  const result = mode === 'report' ? readResult(`${name}.json`) : await compare(options);
  if (!result) throw new Error(`--report: there is no bench/results/${name}.json`);
  if (result.runs.length === 0) throw new Error('no run succeeded');
  const drawn = charts(result);
  for (const [chart, svg] of Object.entries(drawn)) writeResult(`${name}-${chart}.svg`, svg);
  const links = Object.keys(drawn).map((chart) => `[${chart}](${name}-${chart}.svg)`);
  const whole = [tables(result), threadTables(result)].join('\n\n');
  console.log(whole);
  const more = `Charts: ${links.join(', ')}. [Raw figures](${name}.json).`;
  writeResult(`${name}.md`, `# Live play in Chromium, each number of viewers\n\n${whole}\n\n${more}\n`);
  if (options.readme) {
    replaceBetween(here('../README.md'), 'browsers', overview(result));
    replaceBetween(here('../../docs/comparison.md'), 'browsers', overview(result));
    replaceBetween(here('../../README.md'), 'bench', summary(result));
  }
  return true;
}

/** @param {import('./options.mjs').Options} options */
const soakDefaults = ({ given, viewers, churnSeconds, segmentSeconds, deliveries }) => ({
  viewers: given('viewers') ? /** @type {number} */ (viewers[0]) : 4,
  churnSeconds: given('churn') ? churnSeconds : 10,
  segmentSeconds: given('segment-seconds') ? segmentSeconds : 4,
  delivery: given('deliveries') ? /** @type {string} */ (deliveries[0]) : 'hls',
});

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(helpText());
  else process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

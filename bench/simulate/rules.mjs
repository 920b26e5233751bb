#!/usr/bin/env node
/**
 * `npm run bench:simulate:rules`: what each rule of the schedule is worth. Each is left out of a copy of the loader's built modules in turn, and the
 * same audiences are simulated. `--only NAMES` takes some of the rules, `--seeds N` (3) so many seeds, `--large` 10,000 viewers as well.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { loadSchedule } from './loader.mjs';
import { RULES } from './rule-list.mjs';
import { simulateSeeds } from './seeds.mjs';

/** @param {string} path */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const BUILT = at('../../packages/p2p-loader/lib');
/** Where what the copies import is found, too. */
const COPIES = at('../../node_modules/.cache/live-torrent/rules');

/**
 * The schedule without one rule; `undefined`: as it is.
 * @param {import('./rule-list.mjs').Rule | undefined} rule
 */
async function scheduleWithout(rule) {
  const copy = `${COPIES}/${rule?.name ?? 'all'}`;
  cpSync(BUILT, copy, { recursive: true });
  for (const [module, from, to] of rule?.without ?? []) {
    const file = `${copy}/schedule/${module}.js`;
    const text = readFileSync(file, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${rule?.name}: ${module}.js does not have it once: ${from}`);
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
  }
  return loadSchedule((name) => import(pathToFileURL(`${copy}/schedule/${name}.js`).href));
}

/** @type {Record<string, Partial<import('./options.mjs').Options>>} */
const AUDIENCES = {
  10: { viewers: 10, segments: 40 },
  100: { viewers: 100, segments: 40 },
  '1,000': { viewers: 1_000, segments: 12 },
  slow: { viewers: 1_000, segments: 12, hop: 160, dataHop: 400 },
  '2 s': { viewers: 1_000, segments: 12, slack: 2_000 },
  liars: { viewers: 1_000, segments: 6, warmup: 0, liars: 0.01 },
  silent: { viewers: 1_000, segments: 12, silent: 1 },
  capped: { viewers: 1_000, segments: 12, warmup: 0, trackerCap: 100 },
  mix: { viewers: 100, segments: 12, lines: 'mix', bitrate: 1, degree: 8, hop: 40 },
};
/** @type {typeof AUDIENCES} */
const LARGE = { '10,000': { viewers: 10_000, segments: 4 } };

const { values } = parseArgs({
  options: { only: { type: 'string' }, seeds: { type: 'string', default: '3' }, large: { type: 'boolean' } },
});
const seeds = Number(values.seeds);
const only = values.only?.split(',');
for (const name of only ?? []) {
  if (RULES.every((rule) => rule.name !== name))
    throw new Error(`--only: no rule "${name}": ${RULES.map((rule) => rule.name).join(', ')}`);
}
const audiences = { ...AUDIENCES, ...(values.large && LARGE) };

/** @param {ReturnType<typeof simulateSeeds>} run */
const cell = ({ copies, delay, messages, uplink, late }) =>
  `${copies.mean.toPrecision(3)}, ${(delay.p99 / 1000).toFixed(1)} s, ${messages.toFixed(0)}, ${uplink.busiest.toFixed(1)}${late > 0 ? `, ${late} late` : ''}`;

console.log(
  'Copies of a segment, delay of the slowest 1 %, messages a viewer and segment, busiest uplink over the mean\n',
);
console.log(`| without | ${Object.keys(audiences).join(' | ')} |`);
console.log(`| --- |${' ---: |'.repeat(Object.keys(audiences).length)}`);
try {
  for (const rule of [undefined, ...RULES.filter(({ name }) => only?.includes(name) ?? true)]) {
    const loader = await scheduleWithout(rule);
    const cells = Object.values(audiences).map((audience) =>
      cell(simulateSeeds({ ...audience, ...rule?.simulate }, seeds, loader)),
    );
    console.log(`| ${rule?.name ?? '(all there)'} | ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(COPIES, { recursive: true, force: true });
}

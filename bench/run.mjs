// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeFeed } from './feed.mjs';
import { measure } from './measure.mjs';
import { bundleP2pml } from './p2pml-bundle.mjs';
import { table } from './report.mjs';

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', short: 'n', default: '8' },
    seconds: { type: 'string', short: 's', default: '40' },
    repeat: { type: 'string', short: 'r', default: '3' },
    deliveries: { type: 'string', short: 'd', default: 'plain,p2pml,hls,worker' },
    'segment-seconds': { type: 'string', default: '4' },
    'segment-bytes': { type: 'string', default: '500000' },
    window: { type: 'string', default: '5' },
    join: { type: 'string', default: '1000' },
    steady: { type: 'string', default: '15000' },
    latency: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0' },
    'fail-every': { type: 'string', default: '0' },
    out: { type: 'string', default: '' },
  },
});

const number = (/** @type {keyof typeof values} */ name) => {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name}: a number is needed, not "${values[name]}"`);
  return value;
};
const viewers = number('viewers');
const seconds = number('seconds');
const segmentSeconds = number('segment-seconds');
const joinMs = number('join');
const steadyMs = number('steady');
const window = number('window');
const feedSeconds = window * segmentSeconds + seconds + (viewers * joinMs + steadyMs) / 1000 + 60;
const deliveries = String(values.deliveries).split(',');

console.error(`feed: ${Math.ceil(feedSeconds)} s of ${segmentSeconds} s segments`);
const segments = await makeFeed({
  seconds: Math.ceil(feedSeconds / 60) * 60,
  segmentSeconds,
  bitsPerSecond: (number('segment-bytes') * 8) / segmentSeconds,
});
if (deliveries.includes('p2pml')) await bundleP2pml();
const results = [];
for (let round = 0; round < number('repeat'); round++) {
  for (const delivery of deliveries) {
    console.error(`round ${round + 1}: ${delivery}, ${viewers} viewers`);
    const result = await measure({
      delivery,
      viewers,
      seconds,
      joinMs,
      steadyMs,
      window,
      segmentSeconds,
      segments,
      latencyMs: number('latency'),
      bytesPerSecond: number('rate'),
      failEvery: number('fail-every'),
    });
    results.push(result);
    console.error(
      `  copies ${result.copies.toFixed(2)}, from peers ${(100 * result.peerShareByOrigin).toFixed(1)} %, stalls ${result.stalls}, first frame ${Math.round(result.firstFrameMs)} ms, CPU ${result.cpuPerViewer?.toFixed(3)}`,
    );
    if (process.env.BENCH_DEBUG) console.error(JSON.stringify(result.cpu));
    if (result.errors.length) console.error(`  ${result.errors.join('\n  ')}`);
  }
}
console.log(table(results, deliveries));
if (values.out) {
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  writeFileSync(
    new URL(`./results/${values.out}.json`, import.meta.url),
    `${JSON.stringify({ viewers, seconds, results }, null, 1)}\n`,
  );
}

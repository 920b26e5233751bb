import { randomGraph } from '../bench/simulate/graph.mjs';
import { loadSchedule } from '../bench/simulate/loader.mjs';
import { seededRandom } from '../bench/simulate/random.mjs';
import { simulate } from '../bench/simulate/simulate.mjs';

const loader = await loadSchedule((name: string) => import(`../packages/p2p-loader/src/schedule/${name}.js`));

it('1,000 viewers take a handful of copies from the origin, and nobody is late', () => {
  const { copies, late, uplink } = simulate({ viewers: 1_000, segments: 2, warmup: 0 }, loader);
  expect(copies.min).toBeGreaterThanOrEqual(1);
  expect(copies.mean).toBeLessThanOrEqual(5);
  expect(late).toBe(0);
  expect(uplink.mean).toBeCloseTo(1 - copies.mean / 1_000, 2);
});

it('the same seed gives the same run, another seed another', () => {
  const run = (seed: number) => simulate({ viewers: 200, segments: 2, warmup: 1, churn: 0.2, seed }, loader);
  expect(run(5)).toEqual(run(5));
  expect(run(6).delay).not.toEqual(run(5).delay);
});

it('without relays more go to the origin', () => {
  const run = (strategy: string) => simulate({ viewers: 1_000, segments: 2, warmup: 0, strategy }, loader).copies.mean;
  expect(run('timers')).toBeGreaterThan(run('policy'));
  expect(run('uniform')).toBeGreaterThan(run('timers'));
});

it('lies cost few copies from the first segment on', () => {
  const { copies, late } = simulate({ viewers: 2_000, segments: 3, warmup: 0, liars: 0.002 }, loader);
  expect(copies.max).toBeLessThanOrEqual(20);
  expect(late).toBe(0);
});

it('in a burst every viewer fetches its first segment by itself', () => {
  const { startup } = simulate({ viewers: 300, segments: 3, burst: 10_000 }, loader);
  expect(startup).toBe(300);
});

it('every link of the graph is one link, known to both ends', () => {
  const { viewers, degree, to, back } = randomGraph(200, 9, seededRandom(1));
  for (let viewer = 0; viewer < viewers; viewer++) {
    const others = to.subarray(viewer * degree, (viewer + 1) * degree);
    const known = [...others].filter((other) => other >= 0);
    expect(new Set(known).size).toBe(known.length);
    expect(known).not.toContain(viewer);
    others.forEach((other, slot) => {
      if (other >= 0) expect(to[other * degree + (back[viewer * degree + slot] as number)]).toBe(viewer);
    });
  }
});

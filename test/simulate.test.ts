import { readResult } from '../bench/report/results.mjs';
import { calibrate } from '../bench/simulate/calibrate.mjs';
import { growingGraph, keptGraph, MAX_DEGREE, randomGraph } from '../bench/simulate/graph.mjs';
import { Lines } from '../bench/simulate/lines.mjs';
import { loadSchedule } from '../bench/simulate/loader.mjs';
import { simulateParts } from '../bench/simulate/parts.mjs';
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

it('on lines of all kinds who gets too little asks the origin in time, also where its source is not through itself', () => {
  const mix = { viewers: 60, lines: 'mix', bitrate: 1, degree: 8, hop: 40, segments: 3, warmup: 1 };
  const { copies, late } = simulate(mix, loader);
  expect(copies.mean).toBeLessThan(40);
  expect(late).toBe(0);
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

it('a fetcher that closes its page costs few copies', () => {
  const { copies, late } = simulate({ viewers: 1_000, segments: 10, warmup: 0, closing: 1 }, loader);
  expect(copies.min).toBeGreaterThan(1);
  expect(copies.max).toBeLessThanOrEqual(10);
  expect(late).toBe(0);
});

it('in a burst every viewer fetches its first segment by itself, and few another', () => {
  const { startup, copies, late } = simulate({ viewers: 1_000, segments: 3, burst: 10_000 }, loader);
  expect(startup).toBe(1_000);
  expect(copies.max).toBeLessThanOrEqual(10);
  expect(late).toBe(0);
});

it('in a burst whoever has no links after 3 s takes more from the origin', () => {
  const { copies } = simulate({ viewers: 300, segments: 3, burst: 10_000, link: 3_500 }, loader);
  expect(copies.max).toBeGreaterThan(200);
});

const apart = (a: number, b: number): number => Math.abs(a - b);

it('who tries others and keeps the best of its links has better ones, and nobody is left with less than must be', () => {
  const linksOf = (rounds: number) => {
    const { to, degree } = keptGraph(200, 8, { rounds, fewest: 2, score: apart }, seededRandom(1));
    return Array.from({ length: 200 }, (_, viewer) =>
      [...to.subarray(viewer * degree, (viewer + 1) * degree)]
        .filter((other) => other >= 0)
        .map((other) => apart(viewer, other)),
    );
  };
  const mean = (distances: number[][]) => distances.flat().reduce((sum, one) => sum + one, 0) / distances.flat().length;
  expect(mean(linksOf(16))).toBeLessThan(0.6 * mean(linksOf(0)));
  expect(Math.min(...linksOf(16).map(({ length }) => length))).toBeGreaterThanOrEqual(2);
});

it('lines: round trips are those of both lines and of the way, and loss bounds the rate of a long one', () => {
  const lines = (loss: number) =>
    new Lines({ viewers: 500, lines: 'mix', bitrate: 4, duration: 4_000, loss }, seededRandom(1));
  const [clean, lossy] = [lines(0), lines(0.01)];
  const neighbours = Array.from({ length: 499 }, (_, i) => i);
  const trips = neighbours.map((i) => clean.rtt(i, i + 1));
  expect(Math.min(...trips)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...trips)).toBeLessThanOrEqual(320);
  expect(clean.rate(1, 2, 2)).toBeCloseTo(clean.rate(1, 2, 1) / 2);
  const fastest = (of: Lines) => Math.max(...neighbours.map((i) => of.rate(i, i + 1, 1)));
  expect(fastest(lossy)).toBeLessThan(fastest(clean));
});

it('on lines of one kind nearer links cost fewer copies', () => {
  const run = (rounds: number) =>
    simulate(
      { viewers: 100, lines: 'fibre', loss: 0.001, degree: 8, hop: 40, segments: 3, rounds, prefer: 'near' },
      loader,
    );
  expect(run(16).copies.mean).toBeLessThan(run(0).copies.mean);
});

it.each([
  ['all at once', randomGraph(200, 9, seededRandom(1))],
  ['one after the other', growingGraph(200, 10, 100_000, seededRandom(1))],
  ['of links that were tried and kept', keptGraph(200, 8, { rounds: 8, fewest: 2, score: apart }, seededRandom(1))],
])('every link of a graph that is made %s is one link, known to both ends', (_name, graph) => {
  const { viewers, degree, to, back } = graph;
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

it('a joiner links with a few of those whom the tracker remembers, as long as they have room', () => {
  const { viewers, degree, to } = growingGraph(2_000, 10, 100, seededRandom(1));
  expect(degree).toBe(MAX_DEGREE);
  for (let viewer = 1; viewer < viewers; viewer++) {
    const links = [...to.subarray(viewer * degree, (viewer + 1) * degree)].filter((other) => other >= 0);
    const earlier = links.filter((other) => other < viewer);
    expect(earlier.length).toBeLessThanOrEqual(5);
    for (const other of earlier) expect(viewer - other).toBeLessThanOrEqual(100);
  }
  expect(to.filter((other) => other >= 0).length / viewers).toBeGreaterThan(8);
});

it('what is predicted stands beside what the published runs measured', () => {
  const runs = readResult('browsers.json')?.runs;
  const [head, ...rows] = calibrate(runs, loader).split('\n');
  expect(head).toMatch(/^viewers +copies/);
  expect(rows.map((row) => row.trim().split(/ +/).slice(0, 2).join(' '))).toEqual(
    [4, 8, 12].flatMap((viewers) => [`${viewers} measured`, `${viewers} predicted`]),
  );
  for (const row of rows) expect(row).not.toContain('NaN');
});

describe('parts of 0.5 s among viewers 50 ms apart', () => {
  it.each([
    [4, 1],
    [100, 3],
    [1_000, 20],
  ])('%d viewers: at most %d fetch one, none has it late, and few are sent it twice', (viewers, most) => {
    const { copies, late, spare, messages } = simulateParts({ viewers, warmup: 150, parts: 30 });
    expect(copies).toBeLessThanOrEqual(most);
    expect(late).toBe(0);
    expect(spare).toBeLessThan(0.5);
    expect(messages).toBeLessThan(6);
  });

  it('30 % of whom are replaced in a minute: none has it late', () => {
    expect(simulateParts({ viewers: 300, churn: 0.3, warmup: 100, parts: 30 }).late).toBe(0);
  });
});

it('whose patience is shorter than two hops all fetch, and nobody has it late', () => {
  const { share, late } = simulateParts({ viewers: 100, duration: 330, rtt: 150, warmup: 60, parts: 20 });
  expect(share).toBeGreaterThan(0.9);
  expect(late).toBe(0);
});

it('pages that are busy now and then fetch no part at once because of that', () => {
  const { copies, late } = simulateParts({ viewers: 8, rtt: 20, busy: 0.05, warmup: 60, parts: 200 });
  expect(copies).toBeLessThan(2);
  expect(late).toBe(0);
});

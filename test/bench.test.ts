import { type Translation, translationRules } from '../bench/network/address-translation.mjs';
import { peerBound } from '../bench/network/bound.mjs';
import { filterOptions } from '../bench/network/namespaces.mjs';
import { rounds, viewerNames } from '../bench/network/nat.mjs';
import { LINES, plainLine, sitesOf } from '../bench/network/profiles.mjs';
import { threadGroup } from '../bench/play/processes.mjs';
import { barChart, lineChart, marks, stackedChart } from '../bench/report/charts.mjs';
import { deliveryDelays, figures, threadCores, wholeRunBound } from '../bench/report/figures.mjs';
import { overview } from '../bench/report/overview.mjs';
import { charts, summary, tables, threadTables } from '../bench/report/report.mjs';
import { besideTables } from '../bench/run/beside.mjs';
import { helpText, parseOptions } from '../bench/run/options.mjs';
import { joinTimes, runMs, schedule } from '../bench/run/plan.mjs';
import { startupTable } from '../bench/run/startup.mjs';
import { verdicts } from '../bench/soak/verdicts.mjs';
import { median, percentile, slope } from '../harness/statistics.mjs';

describe('options', () => {
  it.each([
    ['--viewers', '0'],
    ['--viewers', '4,x'],
    ['--viewers', '4,4'],
    ['--deliveries', 'plain,flash'],
    ['--seconds', ''],
    ['--repeat', '1.5'],
    ['--fail', '2'],
    ['--join-pattern', 'sometimes'],
    ['--name', '../x'],
    ['--bandwidth', '-1'],
    ['--network', 'narrow,wide'],
    ['--streams', 'double'],
  ])('%s "%s" is refused by name', (flag, value) => {
    expect(() => parseOptions([`${flag}=${value}`])).toThrow(flag);
  });

  it('what is no option is refused by name', () => {
    expect(() => parseOptions(['--bandwith', '8'])).toThrow('--bandwith');
    expect(() => parseOptions(['--smoke', '--soak'])).toThrow(/--smoke.*--soak/);
  });

  it('the help names every option with its unit and default', () => {
    const help = helpText();
    for (const part of ['--latency MS', 'ms (0)', '--viewers LIST', '(8)', '--bandwidth MBIT', '--churn S']) {
      expect(help).toContain(part);
    }
  });

  it('seconds become the milliseconds that a run counts in', () => {
    expect(parseOptions(['--join', '0.5', '--steady', '10'])).toMatchObject({ joinMs: 500, steadyMs: 10_000 });
  });
});

describe('plan', () => {
  it('interleaves the deliveries, and each round begins with another one', () => {
    const runs = schedule({ repeat: 3, viewers: [4, 8], deliveries: ['plain', 'hls', 'worker'] });
    const order = (round: number, viewers: number) =>
      runs.filter((run) => run.round === round && run.viewers === viewers).map(({ delivery }) => delivery);
    expect(runs).toHaveLength(18);
    expect(order(1, 4)).toEqual(['plain', 'hls', 'worker']);
    expect(order(2, 8)).toEqual(['hls', 'worker', 'plain']);
    expect(order(3, 8)).toEqual(['worker', 'plain', 'hls']);
  });

  it('the patterns of joining', () => {
    expect(joinTimes({ viewers: 3, joinMs: 500, joinPattern: 'interval' })).toEqual([0, 500, 1000]);
    expect(joinTimes({ viewers: 3, joinMs: 500, joinPattern: 'at-once' })).toEqual([0, 0, 0]);
    expect(joinTimes({ viewers: 3, joinMs: 500, joinPattern: 'burst' })).toEqual([0, 10_000, 10_000]);
  });

  it('three rounds of four deliveries with 4, 8 and 12 viewers fit into 42 minutes, 5 s around each run', () => {
    const base = { churnSeconds: 0, window: 5, segmentSeconds: 4, latencyMs: 0, bytesPerSecond: 0, failShare: 0 };
    const options = parseOptions(['-n', '4,8,12', '-s', '30', '-r', '3']);
    const all = schedule(options).map((run) => runMs({ ...base, ...options, ...run }) + 5_000);
    expect(all.reduce((total, ms) => total + ms, 0)).toBeLessThan(42 * 60_000);
  });
});

/** Two viewers: the second joins 1 s later, and takes its first segment from the origin and all others from the first. */
function run(delivery = 'hls', viewers = 2) {
  const peers = { peerBytes: 0, originBytes: 0, links: 1 };
  const viewer = (i: number, firsts: number, delay: number) => ({
    openedAt: 1000 * i,
    leftAt: undefined,
    firstFrame: 300 + 100 * i,
    loaded: 200,
    stalls: i,
    stalledMs: 10 * i,
    arrivals: Array.from({ length: 5 - firsts }, (_, n) => {
      const sn = firsts + n;
      return [sn, 0, 10_000 * sn + delay, 100] as [number, number, number, number];
    }),
    listed: [['0/3', 30_050] as [string, number], ['0/4', 40_000] as [string, number]],
    estimates: [[40_000, 5e6, 0] as [number, number, number]],
    switches: [],
    emergencies: [],
    errors: [],
    latency: 12,
    joined: { ...peers, uploadedBytes: 100 },
    before: { ...peers, uploadedBytes: 200 },
    stats: { ...peers, uploadedBytes: i === 0 ? 400 : 200 },
  });
  return {
    delivery,
    viewers,
    round: 1,
    seconds: 20,
    joinMs: 1000,
    joinPattern: 'interval',
    steadyMs: 15_000,
    churnSeconds: 0,
    window: 5,
    segmentSeconds: 10,
    latencyMs: 0,
    bytesPerSecond: 0,
    failShare: 0,
    bandwidth: 0,
    load: 0,
    chromium: '1',
    joinedAt: 5_000,
    beganAt: 25_000,
    endedAt: 45_000,
    served: [
      ['0/0', 100, 1, 100],
      ['0/1', 200, 2, 100],
      ['0/2', 100, 1, 100],
      ['0/3', 100, 1, 100],
      ['0/4', 150, 2, 100],
    ] as [string, number, number, number][],
    servedMeasured: 0,
    playlistBytes: 9,
    originFailures: 0,
    trackerMessages: { joining: 3, measured: 2 },
    cpu: { renderer: 4, browser: 2 },
    threads: { 'renderer: main': 2, browser: 2 },
    memory: { all: 200e6, renderers: 100e6 },
    watched: [viewer(0, 0, 0), viewer(1, 1, 200)],
  };
}

describe('figures of a run', () => {
  it('steady state is what appeared and reached everybody within the measured time', () => {
    const { segments, copies, requests, peerShare } = figures(run());
    expect(segments).toBe(2);
    expect(copies).toBeCloseTo(1.25);
    expect(requests).toBeCloseTo(1.5);
    expect(peerShare).toBeCloseTo(1 - 250 / 400);
  });

  it('the bound of the whole run charges each later viewer its first segment', () => {
    // 9 segments arrive, 5 of them are different ones, and one is the second viewer's first.
    expect(wholeRunBound(run())).toBeCloseTo(1 - 6 / 9);
    expect(figures(run()).peerShareWholeRun).toBeCloseTo(1 - 650 / 900);
  });

  it('a delay counts from the first viewer having it and the own playlist naming it', () => {
    expect(deliveryDelays(run()).sort((a, b) => a - b)).toEqual([-50, 0, 150, 200]);
  });

  it('CPU, uploads, memory and messages are per viewer', () => {
    const { cpu, busiestUpload, busiestUploadShare, trackerMessages, memoryMB } = figures(run());
    expect(cpu).toBeCloseTo(6 / 20 / 2);
    expect(busiestUpload).toBeCloseTo(1.5);
    expect(busiestUploadShare).toBeCloseTo(0.75);
    expect(trackerMessages).toBeCloseTo(3);
    expect(memoryMB).toBeCloseTo(100);
    expect(threadCores(run())).toEqual({ 'renderer: main': 0.05, browser: 0.05 });
  });

  it('what a viewer got that left is counted, what it would have got is not', () => {
    const left = run();
    Object.assign(left.watched[1] ?? {}, { leftAt: 30_000 });
    expect(figures(left).peerShare).toBeCloseTo(1 - 250 / 400);
    expect(deliveryDelays(left)).toEqual([-50, 0]);
    expect(wholeRunBound(left)).toBeCloseTo(wholeRunBound(run()));
  });
});

describe('report', () => {
  const fast = { ...run('plain'), cpu: { renderer: 4, browser: 1.8 } };
  const result = { runs: [run(), { ...run(), round: 2, cpu: { renderer: 8, browser: 2 } }, fast], failures: [] };

  it('shows medians with their spread, and whether targets are met', () => {
    const table = tables(result);
    expect(table).toContain('| origin copies per segment | 1.25 | ✗ 1.25 | ≤ 1.05 |');
    expect(table).toMatch(
      /CPU per viewer, cores \| 0\.147 \| ✓ 0\.200 \(0\.150 – 0\.250\)|✗ 0\.200 \(0\.150 – 0\.250\)/,
    );
    expect(table).toContain('| tracker messages per viewer-minute | 3.0 | ✓ 3.0 | ≤ 4 |');
  });

  it('names runs that failed', () => {
    const failures = [{ delivery: 'hls', viewers: 2, round: 3, error: 'no browser' }];
    expect(tables({ ...result, failures })).toContain('hls, 2 viewers, round 3: no browser');
  });

  it('the overview has all numbers of viewers in a cell, and a target is met only where all meet it', () => {
    const many = { ...run('hls', 8), served: [['0/3', 100, 1, 100]] as [string, number, number, number][] };
    const table = overview({ runs: [...result.runs, many], failures: [] });
    expect(table).toContain('2 / 8 viewers, medians:');
    expect(table).toContain('| origin copies per segment | 1.25 / – | ✗ 1.25 / 1.00 | ≤ 1.05 |');
    expect(table).toContain('| tracker messages per viewer-minute | 3.0 / – | ✓ 3.0 / 0.8 | ≤ 4 |');
  });

  it('threads, summary and charts are made of the same runs', () => {
    expect(threadTables(result)).toContain('| renderer: main | 0.0500 | 0.0500 |');
    expect(summary(result)).toContain('| origin copies per segment | 1.25 | 1.25 | 1.00 |');
    expect(Object.keys(charts(result))).toEqual(['copies', 'peers', 'startup', 'cpu-n2', 'delay-n2']);
  });
});

it('start-up is compared with plain hls.js, first visits and later ones apart', () => {
  const load = (delivery: string, visit: 'first' | 'next', firstFrame: number) => ({
    delivery,
    visit,
    firstFrame,
    loaded: firstFrame / 2,
  });
  const loads = [
    ...[300, 400, 500].map((ms) => load('plain', 'first', ms)),
    ...[300, 440, 900].map((ms) => load('worker', 'first', ms)),
    ...[200, 200].map((ms) => load('plain', 'next', ms)),
    ...[180, 200].map((ms) => load('worker', 'next', ms)),
  ];
  expect(startupTable(loads, ['plain', 'worker'])).toBe(`\
| visit | delivery | first frame, median | half of all | over plain | scripts loaded |
| --- | --- | ---: | ---: | ---: | ---: |
| first | plain | 400 ms | 300 – 500 ms | 1.00 | 200 ms |
| first | worker | 440 ms | 300 – 900 ms | 1.10 | 220 ms |
| next | plain | 200 ms | 200 – 200 ms | 1.00 | 100 ms |
| next | worker | 190 ms | 180 – 200 ms | 0.95 | 95 ms |`);
});

it('deliveries beside each other are compared run by run', () => {
  const pair = (first: number, second: number) => ({
    first: { ...run('plain'), cpu: { renderer: first }, threads: { 'renderer: main': 1, browser: 1 } },
    second: {
      ...run('hls'),
      cpu: { renderer: second },
      threads: { 'renderer: main': 1 + (second - first), browser: 1 },
    },
  });
  const table = besideTables([pair(4, 5), pair(5, 7), pair(10, 11)]);
  expect(table).toContain('| hls / plain | 3 | 125.0 | 175.0 | 1.25 (1.10 – 1.40) | 1.25 | 3, 3 |');
  expect(table).toContain('| renderer: main | 33.3 |');
  expect(table).not.toContain('| browser |');
});

it("the soak tells what grows from what stays, and takes the plain player's own growth off", () => {
  const samples = (heap: number, connections: number) =>
    Array.from({ length: 30 }, (_, i) => ({
      minute: i + 1,
      heapMB: 5 + (heap * i) / 30,
      peerConnections: 4 + (connections * i) / 30,
      memoryMB: 200 + i,
    }));
  const [steady, leaky] = verdicts([
    { kind: 'hls', samples: samples(3, 0) },
    { kind: 'hls', samples: samples(5, 6) },
    { kind: 'plain', samples: samples(2, 0) },
  ]);
  expect(steady?.figures.map(({ key, flat }) => [key, flat])).toEqual([
    ['heapMB', true],
    ['memoryMB', true],
    ['peerConnections', true],
  ]);
  expect(leaky?.figures.filter(({ flat }) => !flat).map(({ key }) => key)).toEqual(['heapMB', 'peerConnections']);
  expect(steady?.overPlainMB).toBe(0);
});

it('threads are named after what they do', () => {
  expect(threadGroup('renderer', 'chrome', true)).toBe('renderer: main');
  expect(threadGroup('renderer', 'WebRTC_W_and_N', false)).toBe('renderer: WebRTC');
  expect(threadGroup('network.mojom.NetworkService', 'x', false)).toBe('network service');
  expect(threadGroup('GPU', 'VizCompositorTh', false)).toBe('GPU');
});

it('statistics', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
      [3, 100],
      [4, 9],
    ]),
  ).toBeCloseTo(2);
});

describe('charts', () => {
  it('axes end above the highest value', () => {
    expect(marks(7.2)).toEqual([0, 2, 4, 6, 8]);
    expect(marks(0).at(-1)).toBeGreaterThan(0);
  });

  it('are SVG without a value that is no number, and escape names', () => {
    const texts = { title: 'a < b & c', x: 'x', y: 'y' };
    const drawn = [
      barChart({ ...texts, groups: ['1'], series: [{ name: 's', bars: [{ value: 1, low: 0, high: 2 }] }] }),
      stackedChart({ ...texts, groups: ['1'], parts: [{ name: 'p', values: [1] }] }),
      lineChart({ ...texts, series: [{ name: 'l', points: [] }] }),
    ];
    for (const svg of drawn) {
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toContain('NaN');
      expect(svg).toContain('a &lt; b &amp; c');
    }
  });
});

describe('lines', () => {
  it('a mix has one of each, an office one line for all, and else each viewer has the profile of its own', () => {
    expect(sitesOf('mix', 6).map(({ line }) => line)).toEqual([...Object.values(LINES), LINES.fibre]);
    expect(sitesOf('office', 8).map(({ viewers }) => viewers)).toEqual([8]);
    expect(sitesOf('dsl', 3)).toEqual(Array(3).fill({ line: LINES.dsl, viewers: 1 }));
  });

  it('become the options of wirefilter: up is left to right, the buffer holds what waits for its delay, too', () => {
    expect(filterOptions({ down: 8, up: 1, rttMs: 40, jitterMs: 10, loss: 0.01, queueMs: 75 }).join(' ')).toBe(
      '-b LR125000 -b RL1000000 -c LR12500 -c RL100000 -d 20+5 -l 1',
    );
    expect(filterOptions(plainLine(8)).join(' ')).not.toMatch(/-d|-l/);
  });

  it('the bound: the origin sends one copy, and no more leaves viewers than their uplinks carry', () => {
    expect(peerBound(sitesOf('fibre', 4), 4)).toBe(0.75);
    // Four uplinks of 1.5 Mbit/s, 92 % of them payload, of the 16 Mbit/s that four viewers play.
    expect(peerBound(sitesOf('dsl', 4), 4)).toBeCloseTo((4 * 1.5 * (1120 / 1214)) / 16, 5);
    expect(peerBound(sitesOf('office', 8), 4)).toBe(7 / 8);
  });

  it('`nat` has each pair of viewers meet once, nobody twice in a round', () => {
    for (const count of [2, 5, 7, 8]) {
      const all = rounds(count);
      for (const pairs of all) expect(new Set(pairs.flat()).size).toBe(2 * pairs.length);
      const met = new Set(all.flat().map((pair) => [...pair].sort((a, b) => a - b).join()));
      expect([met.size, all.flat().length]).toEqual([(count * (count - 1)) / 2, (count * (count - 1)) / 2]);
    }
    expect(viewerNames).toEqual([
      'public address',
      'full cone',
      'port restricted a',
      'port restricted b',
      'symmetric 1',
      'symmetric 2',
      'relay only',
    ]);
  });

  it('routers: one port for all, another for each destination, open to all, or to the relay alone', () => {
    const rules = (translation: Translation) =>
      translationRules(translation, { viewer: '192.168.1.2', relay: '10.213.0.1' });
    expect(rules({ kind: 'restricted' })).toMatch(/masquerade;/);
    expect(rules({ kind: 'restricted' })).not.toMatch(/dnat|forward/);
    expect(rules({ kind: 'symmetric' })).toMatch(/masquerade fully-random;/);
    expect(rules({ kind: 'full-cone' })).toMatch(/dnat to 192\.168\.1\.2;/);
    expect(rules({ kind: 'restricted', udpOnlyTo: 'relay' })).toMatch(/hook forward .* daddr != 10\.213\.0\.1 .* drop/);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { bin } from '../../harness/cli.mjs';
import { encode } from './night/encoder.js';
import { type Fared, Watched } from './night/watched.js';
import { report } from './support/report.js';
import { medianTrendOf } from './support/trend.js';

/** How long it is watched, and how long before everything that fills has filled, minutes. */
const MINUTES = Number(process.env.NIGHT_MINUTES ?? 30);
const WARM_UP = Math.min(6, MINUTES / 4);
const CLIENTS = 200;
/** One comes and one goes so often, ms. */
const CHURN_MS = 2_000;
/** Segments are small: what is looked for is what stays behind. */
const FEED = { duration: 500, window: 12, kept: 120, bytes: (n: number) => Buffer.alloc(4_096, `${n}`) };
const SAMPLE_MS = 30_000;
/** What is on its way at the upstream of the command line ends so soon, ms. */
const SETTLED_MS = 500;
/** From when all have left until their connections have ended, ms. */
const LEFT_MS = 12_000;
/**
 * What a figure may rise by in an hour, its error twice included. In an hour 1,800 clients come and go, and 7,200 segments: what keeps one object of ten
 * clients or of forty segments shows.
 */
const RISE: readonly (readonly [RegExp, number])[] = [
  [/^RSS/, 60],
  [/MiB$/, 4],
  [/./, 180],
];
/** Of 100 loads, so many more than at the server without us may be given up. */
const GAVE_UP = 1;

jest.setTimeout((MINUTES + 15) * 60_000);

const givenUp = ({ whole, gaveUp }: Fared): number => (100 * gaveUp) / Math.max(1, whole + gaveUp);

describe('a night', () => {
  it(`of ${CLIENTS} clients at the command line, at Express and at Express without us, one of whom comes and goes every ${CHURN_MS / 1_000} s`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'live-torrent-night-'));
    const stop = encode(folder, FEED);
    const all: Watched[] = [];
    const start = async (...args: Parameters<typeof Watched.start>): Promise<Watched> => {
      const watched = await Watched.start(...args);
      all.push(watched);
      return watched;
    };
    const origin = join(import.meta.dirname, 'night/express-origin.mjs');
    const portIn = (text: string): string | undefined => {
      const [port] = /^\d+(?=\n)/.exec(text) ?? [];
      return port && `http://127.0.0.1:${port}/manifest.m3u8`;
    };
    try {
      const express = await start('Express', [origin, folder], portIn);
      const cli = await start(
        'the command line',
        [bin, '-u', express.url, '-r', '0.5', '-p', '0'],
        (text) => /^stream {2}(\S+)$/m.exec(text)?.[1],
      );
      const plain = await start('Express without us', [origin, folder, 'plain'], portIn);
      const begun = Date.now();
      const minute = (): number => (Date.now() - begun) / 60_000;
      for (const watched of all) watched.watch(CLIENTS, CHURN_MS);
      while (minute() < MINUTES) {
        await sleep(SAMPLE_MS);
        const fared = await Promise.all(all.map((watched) => watched.hold()));
        await sleep(SETTLED_MS);
        for (const watched of all) {
          const held = await watched.sample();
          if (minute() > WARM_UP) watched.samples.push([minute(), held]);
        }
        for (const watched of all) await watched.go();
        if (process.env.NIGHT_VERBOSE)
          console.info(minute().toFixed(1), JSON.stringify(fared), JSON.stringify(all.map(({ last }) => last)));
      }
      const seconds = 60 * minute();
      const fared = await Promise.all(all.map((watched) => watched.leave()));
      await sleep(LEFT_MS);
      const broken: string[] = [];
      for (const watched of [express, cli]) {
        const after = await watched.sample();
        for (const figure of Object.keys(after)) {
          const points = watched.samples.map(([at, held]) => [at / 60, held[figure] ?? 0] as const);
          const { slope, error } = medianTrendOf(points);
          const [, rise = 0] = RISE.find(([pattern]) => pattern.test(figure)) ?? [];
          const digits = figure.endsWith('MiB') ? 1 : 0;
          const [first, last] = [points[0]?.[1] ?? 0, points.at(-1)?.[1] ?? 0];
          const moves = `${slope.toFixed(digits)} ± ${error.toFixed(digits)}`;
          report('night', [
            `${watched.name}: ${figure}`,
            first.toFixed(digits),
            last.toFixed(digits),
            moves,
            (after[figure] ?? 0).toFixed(digits),
          ]);
          if (slope + 2 * error > rise) broken.push(`${watched.name}: ${figure} ${moves} an hour`);
        }
      }
      for (const [i, watched] of all.entries()) {
        const { whole, refused, cut, gaveUp, again, unannounced, examples, delayMs } = fared[i] as Fared;
        const { cpuSeconds = 0, delayMs: late = 0 } = watched.last ?? {};
        report('loads', [
          watched.name,
          ...[whole, refused, cut, gaveUp, again, unannounced].map(String),
          ((100 * cpuSeconds) / seconds).toFixed(0),
          `${late.toFixed(0)} / ${delayMs.toFixed(0)}`,
        ]);
        if (refused + cut > 0) broken.push(`${watched.name}: ${refused} refused, ${cut} cut: ${examples.join('; ')}`);
      }
      const [beside = 0] = fared.slice(all.indexOf(plain)).map(givenUp);
      for (const [i, watched] of all.entries()) {
        const share = givenUp(fared[i] as Fared);
        if (share > beside + GAVE_UP)
          broken.push(`${watched.name}: ${share.toFixed(1)} % given up, ${beside.toFixed(1)} % without us`);
      }
      expect(broken).toEqual([]);
    } finally {
      stop();
      for (const watched of all) watched.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

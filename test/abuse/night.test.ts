import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { waitFor } from '../../harness/poll.mjs';
import { report } from './support/report.js';
import { ScriptedClient } from './support/scripted-client.js';
import { trendOf } from './support/trend.js';

/** How long it is watched, and how long before everything that fills has filled, minutes. */
const MINUTES = Number(process.env.NIGHT_MINUTES ?? 12);
const WARM_UP = Math.min(3, MINUTES / 4);
const CLIENTS = 200;
/** One comes and one goes so often, ms. */
const CHURN_MS = 2_000;
const SEGMENT_MS = 500;
const WINDOW = 12;
const SAMPLE_MS = 10_000;
/**
 * What a figure may move by in an hour, as far as its error lets tell. Magnets are kept of 50,000 segments: until there are so many, each of the 7,200
 * that an hour has adds its info dictionary.
 */
const DRIFT: readonly (readonly [RegExp, number])[] = [
  [/^RSS/, 60],
  [/MiB$/, 12],
  [/^ArrayBuffer/, 7_200],
  [/objects$/, 600],
  [/./, 30],
];

const root = join(import.meta.dirname, '../..');
const sampler = join(import.meta.dirname, 'support/sampler.mjs');
jest.setTimeout((MINUTES + 5) * 60_000);

type Sample = Readonly<Record<string, number>>;

/** A process that tells what it holds. */
class Watched {
  readonly samples: (readonly [minute: number, sample: Sample])[] = [];
  readonly clients = new Set<ScriptedClient>();
  failures = 0;
  loads = 0;
  url = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(
    name: string,
    args: readonly string[],
    urlIn: (line: string) => string | undefined,
  ): Promise<Watched> {
    const child = spawn(process.execPath, ['--import', sampler, ...args], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const watched = new Watched(name, child);
    let output = '';
    child.stdout?.on('data', (text) => {
      if (watched.url === '') output += text;
    });
    watched.url = await waitFor(name, () => urlIn(output));
    return watched;
  }

  async sample(): Promise<Sample> {
    const answer = once(this.child, 'message') as Promise<[Sample]>;
    this.child.send('sample');
    return (await answer)[0];
  }

  join(): void {
    const client = new ScriptedClient(this.url);
    this.clients.add(client);
    void client.watch();
  }

  leave(): void {
    const [first] = this.clients;
    if (!first) return;
    first.leave();
    this.clients.delete(first);
    this.failures += first.failures;
    this.loads += first.loads;
  }

  stop(): void {
    while (this.clients.size > 0) this.leave();
    this.child.kill('SIGKILL');
  }
}

describe('a night', () => {
  it(`of ${CLIENTS} clients at the command line and at Express, one of whom comes and goes every ${CHURN_MS / 1_000} s`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'live-torrent-night-'));
    let next = 0;
    const write = (): void => {
      writeFileSync(join(folder, `${next}.ts`), Buffer.alloc(4_096, `${next}`));
      next += 1;
      const first = Math.max(0, next - WINDOW);
      const entries = Array.from(
        { length: next - first },
        (_, i) => `#EXTINF:${SEGMENT_MS / 1_000},\n${first + i}.ts\n`,
      );
      const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}\n${entries.join('')}`;
      writeFileSync(join(folder, 'live.tmp'), text);
      renameSync(join(folder, 'live.tmp'), join(folder, 'live.m3u8'));
      rmSync(join(folder, `${next - 2 * WINDOW}.ts`), { force: true });
    };
    for (let n = 0; n < WINDOW; n++) write();
    const encoder = setInterval(write, SEGMENT_MS);
    const express = await Watched.start(
      'Express',
      [join(import.meta.dirname, 'support/express-origin.mjs'), folder],
      (text) => {
        const [port] = /^\d+/.exec(text) ?? [];
        return port && `http://127.0.0.1:${port}/live.m3u8`;
      },
    );
    const bin = join(root, 'packages/cli/dist/bin.js');
    const cli = await Watched.start(
      'the command line',
      [bin, '-u', express.url, '-r', '0.5', '-p', '0'],
      (text) => /^stream {2}(\S+)$/m.exec(text)?.[1],
    );
    const all = [express, cli];
    const begun = Date.now();
    const minute = (): number => (Date.now() - begun) / 60_000;
    for (const watched of all) while (watched.clients.size < CLIENTS) watched.join();
    const churn = setInterval(() => {
      for (const watched of all) {
        watched.leave();
        watched.join();
      }
    }, CHURN_MS);
    try {
      while (minute() < MINUTES) {
        await sleep(SAMPLE_MS);
        for (const watched of all) {
          const sample = await watched.sample();
          if (minute() > WARM_UP) watched.samples.push([minute(), sample]);
        }
      }
    } finally {
      clearInterval(churn);
      clearInterval(encoder);
      for (const watched of all) while (watched.clients.size > 0) watched.leave();
      await sleep(12_000);
    }
    const steep: string[] = [];
    for (const watched of all) {
      const after = await watched.sample();
      for (const figure of Object.keys(after)) {
        const points = watched.samples.map(([at, sample]) => [at / 60, sample[figure] ?? 0] as const);
        const { slope, error } = trendOf(points);
        const [, drift = 0] = DRIFT.find(([pattern]) => pattern.test(figure)) ?? [];
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
        if (slope - 2 * error > drift) steep.push(`${watched.name}: ${figure} ${moves} an hour`);
      }
      console.info(`${watched.name}: ${watched.loads} loads, ${watched.failures} failed`);
    }
    for (const watched of all) watched.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(steep).toEqual([]);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { readStream } from '@live-torrent/manifest-magnetizer';
import { waitFor } from '../../harness/poll.mjs';
import { freePort } from '../../harness/serve.mjs';
import { root } from '../support/packages.js';
import { type CliRun, runCli } from '../support/run-cli.js';

jest.setTimeout(300_000);

const missing = ['prometheus', 'promtool'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
if (missing.length > 0) process.stdout.write(`examples/monitoring is not tested: ${missing.join(', ')} is missing\n`);

const example = join(root, 'examples/monitoring');
const folder = mkdtempSync(join(tmpdir(), 'live-torrent-monitoring-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkedBy = (...args: string[]): [number | null, string] => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
  return [status, status === 0 ? '' : stdout + stderr];
};

interface Answer {
  readonly status: string;
  readonly data: { readonly result: readonly { readonly metric: object; readonly value: readonly [number, string] }[] };
}

(missing.length > 0 ? describe.skip : describe)('examples/monitoring', () => {
  let cli: CliRun;
  let origin = '';
  let prometheus: ChildProcess;
  let api = '';
  beforeAll(async () => {
    cpSync(example, folder, { recursive: true });
    cli = runCli(['-f', join(root, 'examples/feed'), '-l', '-p', '0']);
    origin = (await cli.origin()) ?? '';
    const config = readFileSync(join(folder, 'prometheus.yml'), 'utf8');
    const quick = config.replaceAll(/15s/g, '1s').replace('127.0.0.1:8008', new URL(origin).host);
    writeFileSync(join(folder, 'quick.yml'), quick);
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1/`;
    const flags = [`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${folder}/data`];
    prometheus = spawn('prometheus', [`--config.file=${folder}/quick.yml`, ...flags], { stdio: 'ignore' });
  });
  afterAll(async () => {
    prometheus?.kill('SIGTERM');
    await cli?.stop();
  });

  const ask = async (query: string): Promise<Answer> =>
    (await fetch(`${api}query?${new URLSearchParams({ query })}`)).json() as Promise<Answer>;
  const figureOf = async (query: string): Promise<number | undefined> => {
    const answer = await ask(query).catch(() => undefined);
    const text = answer?.data?.result[0]?.value[1];
    return text === undefined ? undefined : Number(text);
  };

  it('is what promtool takes, and its rules say what they should', () => {
    expect(checkedBy('check', 'config', 'prometheus.yml')).toEqual([0, '']);
    expect(checkedBy('test', 'rules', 'rules.test.yml')).toEqual([0, '']);
  });

  it('what live-torrent serves is what promtool calls good metrics', async () => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([status, stdout + stderr]).toEqual([0, '']);
  });

  it('Prometheus has the figures that stats.json has, and those that pages report', async () => {
    const playlist = await (await fetch(`${origin}/manifest.m3u8`)).text();
    const segment = /^segments\/.*$/m.exec(playlist)?.[0] ?? '';
    for (let i = 0; i < 3; i++) await (await fetch(`${origin}/${segment}`)).arrayBuffer();
    const stream = readStream(playlist)?.stream ?? '';
    const report = { v: 1, stream, seconds: 60, bytes: { peers: 900, origin: 100 }, links: 3 };
    const sent = await fetch(`${origin}/report`, { method: 'POST', body: JSON.stringify(report) });
    expect(sent.status).toBe(204);
    const stats = async () => (await (await fetch(`${origin}/stats.json`)).json()) as Record<string, number>;
    const isSo = (query: string, value: () => Promise<number | undefined>) =>
      waitFor(query, async () => (await figureOf(query)) === (await value()), { timeout: 60_000 });
    await isSo('live_torrent_server_segment_requests_total', async () => 3);
    await isSo('live_torrent_server_segment_bytes_total', async () => (await stats()).segmentBytesServed);
    // The feed is hashed as it plays, so that this one moves.
    await isSo('live_torrent_magnetizer_segments_hashed_total', async () => (await stats()).segmentsHashed);
    await isSo(`live_torrent_viewer_bytes_total{stream="${stream}",source="peers"}`, async () => 900);
  });

  it('answers each query of the dashboard, from metrics that there are', async () => {
    const dashboard = JSON.parse(readFileSync(join(example, 'grafana-dashboard.json'), 'utf8')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(15);
    const exposed = await (await fetch(`${origin}/metrics`)).text();
    const rules = readFileSync(join(example, 'rules.yml'), 'utf8');
    for (const query of queries) {
      const answer = await ask(query.replaceAll('$__rate_interval', '1m').replaceAll('$stream', '.*'));
      expect([query, answer.status]).toEqual([query, 'success']);
      for (const [name] of `${query} ${rules}`.matchAll(/(?:live_torrent|process)_[a-z_]+/g))
        expect([name, exposed.includes(`# TYPE ${name.replace(/_bucket$/, '')} `)]).toEqual([name, true]);
    }
  });
});

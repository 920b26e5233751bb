import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { listen } from '../../../harness/serve.mjs';
import { parseHelpOptions } from '../src/help/help-options.js';
import { HelpReport } from '../src/help/help-report.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** The command as it was built. */
function start(...args: string[]): { readonly child: ChildProcess; output(): string } {
  const child = spawn(process.execPath, [`${root}packages/cli/dist/bin.js`, ...args], { cwd: root });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { child, output: () => output };
}

async function until<T>(what: () => T | undefined): Promise<T> {
  for (;;) {
    const got = what();
    if (got !== undefined) return got;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const linesOf = (output: string): Record<string, number>[] =>
  output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));

it('three viewers without a screen find each other by real WebRTC, and take from each other; SIGTERM ends them well', async () => {
  const server = start('-f', 'examples/feed', '-l', '-p', '0', '-s', 'false', '--tracker-secret', 'a secret');
  const url = await until(() => /^stream {2}(\S+)$/m.exec(server.output())?.[1]);
  const helper = start('help', '-u', url, '--secret', 'a secret', '--viewers', '3', '--json', '--report');
  const seen = await until(() =>
    linesOf(helper.output()).find(({ links = 0, peerBytes = 0 }) => links >= 4 && peerBytes > 0),
  );
  expect(seen).toMatchObject({ viewers: 3, audience: 3, late: 0, failed: 0, badPieces: 0 });
  helper.child.kill('SIGTERM');
  const [code] = await new Promise<[number | null]>((resolve) =>
    helper.child.once('close', (...how) => resolve([how[0]])),
  );
  expect(code).toBe(0);
  expect(helper.output()).toMatch(/^the same, in origin copies per segment\s+\d/m);
  const { tracker } = (await (await fetch(new URL('stats.json', url))).json()) as { tracker: { peers: number } };
  expect(tracker.peers).toBe(0);
});

it('a recording is refused without --all, in words', async () => {
  const { createServer } = await import('node:http');
  const server = createServer((_, res) => res.end('#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n'));
  const port = await listen(server);
  const helper = start('help', '-u', `http://127.0.0.1:${port}/vod.m3u8`);
  const code = await new Promise((resolve) => helper.child.once('close', resolve));
  server.close();
  expect([code, helper.output()]).toEqual([1, expect.stringContaining('recording (EXT-X-ENDLIST)')]);
});

describe('the command line of help', () => {
  it('is a call for help without anything', () => {
    expect(parseHelpOptions([])).toBe('help');
    expect(parseHelpOptions(['--help'])).toBe('help');
  });

  it('gives megabits and megabytes as bytes, and the tracker beside the playlist where a secret is given', () => {
    const options = parseHelpOptions(['https://host/live/a.m3u8', '--rate', '20', '--memory', '64', '--secret', 's']);
    expect(options).toMatchObject({
      helper: { maxUploadRate: 2_500_000, maxBytes: 64_000_000, announce: ['wss://host/announce'] },
      secret: 's',
    });
  });

  it.each([
    [['-u', 'ftp://host/'], '-u/--url: "ftp://host/" is not a http: or https: URL'],
    [['-u', 'http://h/', '--group-rule', 'only'], '--group-rule needs --group'],
    [['-u', 'http://h/', '--group', 'a', '--group-rule', 'x'], '--group-rule: "x" is not prefer or only'],
    [['--viewers', '3'], 'help: -u/--url URL is missing'],
    [['-u', 'http://h/', '--renditions', 'best'], '--renditions: "best" is not all, highest or a whole number above 0'],
    [['-u', 'http://h/', '--rate', 'x'], '--rate: "x" is not a number 0 to 100000'],
    [['-u', 'http://h/', '--viewers', '0'], '--viewers: "0" is not a number 1 to 1000'],
    [
      ['-u', 'http://h/', '--ice', 'turn:host'],
      '--ice: "turn:host" needs a user and a password: turn:USER:PASSWORD@HOST:PORT',
    ],
    [['-u', 'http://h/', 'http://other/'], 'help: one playlist at a time, not "http://other/" too'],
  ])('%j is told: %s', (argv, message) => {
    expect(() => parseHelpOptions(argv)).toThrow(message);
  });
});

it('the table at the end is of the time after all have settled', () => {
  const viewer = {
    peerId: '',
    reason: undefined,
    uploadedBytes: 0,
    helperBytes: 0,
    outsideBytes: 0,
    links: 2,
    swarmSize: 2,
    heldBytes: 0,
    segments: 1,
    late: 0,
    failed: 0,
    badPieces: 0,
    trackerMessages: 2,
  };
  const stats = (peerBytes: number, originBytes: number) => ({
    ...{ state: 'running' as const, memory: 1e6, cpu: 0, restarts: 0 },
    viewers: [1, 2].map(() => ({ ...viewer, peerBytes, originBytes })),
  });
  const report = new HelpReport();
  expect(report.table(1)).toBeUndefined();
  report.see(stats(0, 100), 0);
  report.see(stats(0, 200), 20_000);
  report.see(stats(100, 300), 30_000);
  expect(report.table(30)).toContainEqual(expect.stringMatching(/^the same, in origin copies per segment\s+1\.00$/));
});

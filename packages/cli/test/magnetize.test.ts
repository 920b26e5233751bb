import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { readMagnets, readStream, stripPlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { UsageError } from '../src/errors.js';
import { type MagnetizeOptions, parseMagnetizeOptions } from '../src/magnetize/magnetize-options.js';
import { barOf, progressTo } from '../src/magnetize/progress.js';

// Processes and servers take their time on a busy machine.
jest.setTimeout(60_000);

const bin = fileURLToPath(new URL('../lib/bin.js', import.meta.url));
const vod = (...names: string[]): string =>
  `#EXTM3U\r\n${names.map((name) => `#EXTINF:4,\r\n${name}\r\n`).join('')}#EXT-X-ENDLIST`;
const FILES: Readonly<Record<string, string>> = {
  'index.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/a%20b.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh.m3u8\n',
  'low/a b.m3u8': vod('1.ts', '2.ts'),
  'low/1.ts': 'low one',
  'low/2.ts': 'low two',
  'high.m3u8': vod('https://media.example/films/low/1.ts', '/films/high/1.ts'),
  'high/1.ts': 'high one',
};
const PLAYLISTS = ['high.m3u8', 'index.m3u8', 'low/a b.m3u8'];

const running: ChildProcess[] = [];
let folder = '';
let [from, to, index] = ['', '', ''];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-torrent-'));
  [from, to, index] = [join(folder, 'vod'), join(folder, 'out'), join(folder, 'vod/index.m3u8')];
  for (const [file, content] of Object.entries(FILES)) await put(file, content);
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(from, file)), { recursive: true });
  await writeFile(join(from, file), content);
}

interface Run {
  readonly child: ChildProcess;
  readonly exit: Promise<{ code: number | null; out: string; err: string }>;
}

function magnetize(...args: string[]): Run {
  const child = spawn(process.execPath, [bin, 'magnetize', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  return { child, exit: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err }))) };
}

async function filesOf(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name);
    if ((await stat(path)).isFile()) files[name] = await readFile(path, 'utf8');
  }
  return files;
}

const hashOf = (bytes: string): string => createSegmentMagnet(Buffer.from(bytes)).infoHash;
const hashesIn = (playlist = ''): string[] => readMagnets(playlist).map(({ infoHash }) => infoHash);

describe('live-torrent magnetize', () => {
  it('annotates every playlist of the tree, and the input is what it was', async () => {
    const args = ['--base-url', 'https://media.example/films', '--announce', 'wss://tracker.example'];
    const { code, out, err } = await magnetize(index, '--out', to, ...args).exit;
    expect([code, out]).toEqual([0, `3 playlists (3 segments, 0.0 MB) annotated into ${to}\n`]);
    expect(err).toMatch(/^100 % \d of 4 segments, 3 of 3 playlists$/m);
    const annotated = await filesOf(to);
    expect(Object.keys(annotated).sort()).toEqual(PLAYLISTS);
    for (const file of PLAYLISTS) expect(stripPlaylist(annotated[file] ?? '')).toBe(FILES[file]);
    expect(hashesIn(annotated['low/a b.m3u8'])).toEqual([hashOf('low one'), hashOf('low two')]);
    expect(hashesIn(annotated['high.m3u8'])).toEqual([hashOf('low one'), hashOf('high one')]);
    // Each by its own URL; viewers of the renditions meet by the line of the Multivariant Playlist.
    for (const file of PLAYLISTS) {
      const url = new URL(encodeURI(file), 'https://media.example/films/').href;
      const stream = createHash('sha1').update(url).digest('hex');
      expect(readStream(annotated[file] ?? '')).toEqual({ stream, announce: ['wss://tracker.example/'] });
    }
    expect(await filesOf(from)).toEqual(FILES);
  });

  it('takes a folder too, and names the stream as --stream says', async () => {
    await put('high.m3u8', vod('high/1.ts'));
    expect(await magnetize(from, '-o', to, '--stream', 'film 7').exit).toMatchObject({ code: 0 });
    const stream = createHash('sha1').update('film 7').digest('hex');
    const annotated = await filesOf(to);
    for (const file of ['high.m3u8', 'low/a b.m3u8']) expect(readStream(annotated[file] ?? '')?.stream).toBe(stream);
  });

  it('gives the same bytes when it is run again, over its own output', async () => {
    const args = [index, '--out', to, '--base-url', 'https://media.example/films/'];
    await magnetize(...args).exit;
    const first = await filesOf(to);
    expect(await magnetize(...args).exit).toMatchObject({ code: 0 });
    expect(await filesOf(to)).toEqual(first);
  });

  it('exits with 1 for a segment that cannot be read, names both files, and writes the playlists', async () => {
    await put('high.m3u8', vod('high/1.ts', 'high/2.ts'));
    const { code, err } = await magnetize(index, '--out', to).exit;
    expect(code).toBe(1);
    expect(err).toMatch(/vod\/high\.m3u8: ENOENT.*vod\/high\/2\.ts/);
    expect(err).toContain('1 segment could not be read and went out without a magnet');
    expect(hashesIn((await filesOf(to))['high.m3u8'])).toEqual([hashOf('high one')]);
  });

  it.each([
    ['equal to the input', () => from],
    ['in the input', () => join(from, 'annotated/deep')],
    ['around the input', () => folder],
    ['in the input by a symbolic link', () => join(folder, 'link/annotated')],
  ])('refuses an --out that is %s', async (_, out) => {
    await symlink(from, join(folder, 'link'));
    const { code, err } = await magnetize(index, '--out', out()).exit;
    expect(code).toBe(2);
    expect(err).toContain(`--out ${out()}: has to lie outside`);
    expect(await filesOf(from)).toEqual(FILES);
  });

  it('exits with 1 and names the file when the input is missing or no playlist', async () => {
    const [missing, segment] = [join(from, 'no.m3u8'), join(from, 'low/1.ts')];
    const [first, second] = [magnetize(missing, '--out', to), magnetize(segment, '--out', to)];
    expect(await first.exit).toMatchObject({ code: 1, err: expect.stringContaining(missing) });
    expect(await second.exit).toMatchObject({ code: 1, err: `live-torrent: ${segment}: is not an HLS playlist\n` });
  });

  it('exits with 1 and names the file when the output cannot be written', async () => {
    await writeFile(to, '');
    expect(await magnetize(index, '--out', to).exit).toMatchObject({
      code: 1,
      err: `live-torrent: --out ${to}: is not a folder\n`,
    });
  });

  it('follows a packager with --watch until it is told to stop', async () => {
    await rm(from, { recursive: true });
    await mkdir(from);
    const run = magnetize(index, '--out', to, '--watch');
    await put('a.ts', 'one');
    await put('index.m3u8.tmp', vod('a.ts'));
    await rename(join(from, 'index.m3u8.tmp'), index);
    await until([hashOf('one')], async () => hashesIn(await readFile(join(to, 'index.m3u8'), 'utf8')));
    await put('b.ts', 'two');
    await put('index.m3u8', vod('a.ts', 'b.ts'));
    await until([hashOf('one'), hashOf('two')], async () => hashesIn(await readFile(join(to, 'index.m3u8'), 'utf8')));
    run.child.kill('SIGTERM');
    expect(await run.exit).toMatchObject({ code: 0, err: '' });
    expect(await readdir(to)).toEqual(['index.m3u8']);
    expect((await readdir(from)).sort()).toEqual(['a.ts', 'b.ts', 'index.m3u8']);
  });

  it('prints its own help', async () => {
    const { code, out } = await magnetize('--help').exit;
    expect([code, out]).toEqual([0, expect.stringContaining('--base-url URL')]);
  });
});

async function until<T>(wanted: T, ask: () => Promise<T>): Promise<void> {
  let seen: unknown;
  for (let tries = 0; tries < 1000; tries++) {
    seen = await ask().catch((error: unknown) => error);
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(seen).toEqual(wanted);
}

describe('the command line of magnetize', () => {
  it('has the documented defaults', () => {
    const defaults: MagnetizeOptions = {
      input: 'a.m3u8',
      out: 'o',
      watch: false,
      announce: [],
      stream: undefined,
      baseUrl: undefined,
    };
    expect(parseMagnetizeOptions(['a.m3u8', '--out', 'o'])).toEqual(defaults);
  });

  it.each([
    [[], /name a playlist/],
    [['a', 'b', '--out', 'o'], /not "b" too/],
    [['a'], /--out FOLDER is missing/],
    [['a', '--out', ''], /--out/],
    [['a', '--out', 'o', '--announce', 'http://x'], /--announce: "http:\/\/x"/],
    [['a', '--out', 'o', '--stream', ''], /--stream/],
    [['a', '--out', 'o', '--base-url', 'ftp://x'], /--base-url: "ftp:\/\/x"/],
    [['a', '--out', 'o', '--base-url', 'http://x/?a'], /--base-url: "http:\/\/x\/\?…"/],
    [['a', '--out', 'o', '--bogus'], /--bogus/],
  ])('refuses %j and names the flag', (argv, message) => {
    expect(() => parseMagnetizeOptions(argv)).toThrow(UsageError);
    expect(() => parseMagnetizeOptions(argv)).toThrow(message);
  });

  it('does not repeat the password of a URL that has no place there', () => {
    const argv = ['a', 'http://user:s3cret@host/', '--out', 'o'];
    expect(() => parseMagnetizeOptions(argv)).toThrow(/not "http:\/\/host\/" too/);
  });
});

describe('progress', () => {
  const at = (segments: number, playlists = 0) => ({ segments, ofSegments: 98, playlists, ofPlaylists: 2 });

  it('is complete with the last playlist only, whatever could not be read', () => {
    expect(barOf(at(98, 1))).toMatch(/^█{29}░ {2}99 % 98 of 98 segments, 1 of 2 playlists$/);
    expect(barOf(at(90, 2))).toMatch(/^█{30} 100 % 90 of 98 segments, 2 of 2 playlists$/);
  });

  it('draws a bar on a terminal, ten times a second at most, and its end always', () => {
    const drawn: string[] = [];
    let now = 0;
    const tell = progressTo({ status: (line) => drawn.push(line), line: () => {}, clock: () => now });
    for (const [time, segments] of [
      [0, 1],
      [50, 2],
      [100, 3],
      [150, 4],
    ] as const) {
      now = time;
      tell(at(segments));
    }
    tell(at(98, 2));
    expect(drawn).toEqual([at(1), at(3), at(98, 2)].map(barOf));
  });

  it('prints ten lines where there is no terminal', () => {
    const lines: string[] = [];
    const tell = progressTo({ status: undefined, line: (line) => lines.push(line), clock: () => 0 });
    for (let segments = 1; segments <= 98; segments++) tell(at(segments));
    tell(at(98, 1));
    tell(at(98, 2));
    expect(lines).toHaveLength(10);
    expect([lines[0], lines[9]]).toEqual([
      ' 10 % 10 of 98 segments, 0 of 2 playlists',
      '100 % 98 of 98 segments, 2 of 2 playlists',
    ]);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../../harness/serve.mjs';
import { readMagnets, readStream, stripPlaylist } from '../src/index.js';
import { magnetizeTree, type TreeProgress, watchTree } from '../src/node/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const URL_ = 'https://media.example/vod';
const hashOf = (bytes: string): string => createSegmentMagnet(Buffer.from(bytes)).infoHash;
const vod = (...names: string[]): string =>
  `#EXTM3U\n${names.map((name) => `#EXTINF:4,\n${name}\n`).join('')}#EXT-X-ENDLIST\n`;
const FILES: Record<string, string> = {
  'film/main.m3u8':
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow%20rate/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/index.m3u8\n',
  'film/low rate/index.m3u8': vod('1.ts', '2.ts', 'missing.ts'),
  'film/low rate/1.ts': 'low one',
  'film/low rate/2.ts': 'low two',
  'film/high/index.m3u8': vod('1.ts', '/vod/film/low%20rate/2.ts'),
  'film/high/1.ts': 'high one',
  'notes.txt': 'no playlist',
};

let media = '';
let [from, to] = ['', ''];
beforeEach(async () => {
  media = await mkdtemp(join(tmpdir(), 'magnetizer-'));
  [from, to] = [join(media, 'vod'), join(media, 'vod-annotated')];
  for (const [file, content] of Object.entries(FILES)) await put(file, content);
});
afterEach(() => rm(media, { recursive: true }));

async function put(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(from, file)), { recursive: true });
  await writeFile(join(from, file), content);
}
const out = (file: string): Promise<string> => readFile(join(to, file), 'utf8');
const magnets = async (file: string): Promise<string[]> => readMagnets(await out(file)).map(({ infoHash }) => infoHash);

async function until<T>(wanted: T, ask: () => Promise<T>): Promise<void> {
  let seen: unknown;
  for (let tries = 0; tries < 1000; tries++) {
    seen = await ask().catch((error: unknown) => error);
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(seen).toEqual(wanted);
}

describe('magnetizeTree', () => {
  it('annotates every playlist of a tree into another, and leaves the tree alone', async () => {
    const progress: TreeProgress[] = [];
    const failed: string[] = [];
    const stats = await magnetizeTree({
      from,
      to,
      url: URL_,
      announce: ['wss://tracker.example'],
      onProgress: (one) => progress.push(one),
      onError: (_, { url }) => failed.push(url),
    });
    expect((await readdir(to, { recursive: true })).filter((file) => file.includes('.')).sort()).toEqual([
      'film/high/index.m3u8',
      'film/low rate/index.m3u8',
      'film/main.m3u8',
    ]);
    expect(await magnets('film/low rate/index.m3u8')).toEqual([hashOf('low one'), hashOf('low two')]);
    expect(await magnets('film/high/index.m3u8')).toEqual([hashOf('high one'), hashOf('low two')]);
    for (const file of Object.keys(FILES)) expect(await readFile(join(from, file), 'utf8')).toBe(FILES[file]);
    expect(stripPlaylist(await out('film/high/index.m3u8'))).toBe(FILES['film/high/index.m3u8']);
    for (const file of ['film/main.m3u8', 'film/high/index.m3u8']) {
      const stream = createHash('sha1').update(`https://media.example/vod/${file}`).digest('hex');
      expect(readStream(await out(file))).toEqual({ stream, announce: ['wss://tracker.example'] });
    }
    expect(failed).toEqual(['https://media.example/vod/film/low%20rate/missing.ts']);
    expect(progress.at(-1)).toEqual({ segments: 4, ofSegments: 5, playlists: 3, ofPlaylists: 3 });
    expect(stats).toMatchObject({ playlists: 3, segmentsHashed: 3, failures: 1, incomplete: 1 });
  });

  it('refuses folders that lie in each other', async () => {
    await expect(magnetizeTree({ from, to: join(from, 'out'), url: URL_ })).rejects.toThrow(RangeError);
    await expect(magnetizeTree({ from, to: media, url: URL_ })).rejects.toThrow(/lie in each other/);
  });
});

describe('watchTree', () => {
  let controller = new AbortController();
  let watched = Promise.resolve();
  afterEach(async () => {
    controller.abort();
    await watched;
  });

  it('annotates again what a packager changes', async () => {
    controller = new AbortController();
    watched = watchTree({ from, to, url: URL_, signal: controller.signal });
    await until([hashOf('high one'), hashOf('low two')], () => magnets('film/high/index.m3u8'));
    await put('film/high/2.ts', 'high two');
    await put('film/high/index.m3u8', vod('1.ts', '2.ts'));
    await until([hashOf('high one'), hashOf('high two')], () => magnets('film/high/index.m3u8'));
    await put('film/high/new.m3u8', vod('2.ts'));
    await until([hashOf('high two')], () => magnets('film/high/new.m3u8'));
    // As a packager that writes in place: emptied, then filled within what a watcher takes for one change.
    await put('film/high/index.m3u8', '');
    await until([], () => magnets('film/high/index.m3u8'));
    for (const wait of [1, 8, 30]) {
      await put('film/high/index.m3u8', '');
      await new Promise((resolve) => setTimeout(resolve, wait));
      await put('film/high/index.m3u8', vod('2.ts', '1.ts'));
      await until([hashOf('high two'), hashOf('high one')], () => magnets('film/high/index.m3u8'));
    }
  }, 60_000);
});

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
if (!hasNginx) process.stdout.write('nginx is not installed: its example is not tested\n');
(hasNginx ? describe : describe.skip)('examples/nginx.conf', () => {
  let nginx: ChildProcess | undefined;
  afterEach(async () => {
    const ended = new Promise((resolve) => nginx?.once('exit', resolve));
    nginx?.kill('SIGTERM');
    await ended;
  });

  it('serves the annotated tree: playlists with magnets, segments as they are', async () => {
    await magnetizeTree({ from, to, url: URL_ });
    const port = await freePort();
    const example = await readFile(join(import.meta.dirname, '../examples/nginx.conf'), 'utf8');
    const config = join(media, 'nginx.conf');
    const user = process.getuid?.() === 0 ? 'user root;\n' : '';
    await writeFile(config, user + example.replace('127.0.0.1:8080', `127.0.0.1:${port}`));
    nginx = spawn('nginx', ['-p', `${media}/`, '-c', config], { stdio: 'ignore' });
    const origin = `http://127.0.0.1:${port}`;
    await until(200, async () => (await fetch(`${origin}/notes.txt`)).status);
    const playlist = await fetch(`${origin}/film/high/index.m3u8`);
    expect(playlist.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(playlist.headers.get('access-control-allow-origin')).toBe('*');
    const [first] = readMagnets(await playlist.text(), `${origin}/film/high/index.m3u8`);
    const segment = new Uint8Array(await (await fetch(first?.url ?? '')).arrayBuffer());
    expect(createSegmentMagnet(segment).infoHash).toBe(first?.infoHash);
  });
});

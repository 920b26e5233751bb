import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';
import type { LiveTorrentServer } from '../src/server.js';

const silent = { info: () => {}, warn: () => {}, manifest: () => {} };
const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
let folder = '';
let server: LiveTorrentServer | undefined;

/** Makes the folder one that nobody has written to for an hour. */
function touch(): void {
  const hourAgo = Date.now() / 1000 - 3600;
  for (const file of readdirSync(folder)) utimesSync(join(folder, file), hourAgo, hourAgo);
}

/** Starts on a copy of a fixture; `none`: on an empty folder. */
async function start(name: string, ...flags: string[]): Promise<LiveTorrentServer> {
  folder = mkdtempSync(join(tmpdir(), 'live-torrent-'));
  if (name !== 'none') cpSync(join(fixtures, name), folder, { recursive: true });
  touch();
  const options = parseOptions(['-f', folder, '-p', '0', ...flags]);
  if (typeof options === 'string') throw new Error(options);
  server = await createServer(options, silent);
  await server.listen();
  return server;
}

afterEach(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
  server = undefined;
});

const manifest = async (url: string, headers = {}): Promise<string> =>
  (await fetch(`${url}manifest.m3u8`, { headers })).text();

describe('-f -l', () => {
  it('serves a live playlist whose segments all have their magnets at once', async () => {
    const { url } = await start('ts', '-l');
    const playlist = await manifest(url);
    const magnets = readMagnets(playlist, `${url}manifest.m3u8`);
    expect(magnets.map(({ uri }) => uri)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `segments/part${i}.m2t`));
    expect(magnets.map(({ duration }) => duration)).toEqual([1, 1, 1, 1, 1, 0.7]);
    expect(playlist).not.toContain('ENDLIST');
    for (const { url: segment, infoHash } of magnets) {
      const response = await fetch(segment as string);
      expect(response.headers.get('content-type')).toBe('video/mp2t');
      expect((await createSegmentMagnet(new Uint8Array(await response.arrayBuffer()))).infoHash).toBe(infoHash);
    }
    const stats = await (await fetch(`${url}stats.json`)).json();
    const bytes = magnets.reduce((sum, { length }) => sum + length, 0);
    expect(stats).toMatchObject({ playlists: 1, segmentBytesServed: bytes, tracker: { peers: 0, announces: 0 } });
  });

  it('finds the initialization section of fMP4 by its content', async () => {
    const { url } = await start('fmp4', '-l');
    const playlist = await manifest(url);
    expect(playlist).toContain('#EXT-X-MAP:URI="segments/head.mp4"\n');
    expect(readMagnets(playlist).map(({ uri }) => uri)).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => `segments/chunk-${i}.m4s`),
    );
    const init = await fetch(`${url}segments/head.mp4`);
    expect(Buffer.from(await init.arrayBuffer())).toEqual(readFileSync(join(fixtures, 'fmp4/head.mp4')));
  });

  it('names the tracker by the host that the viewer used, and by nothing else that it sends', async () => {
    const { url } = await start('ts', '-l');
    const port = new URL(url).port;
    const announce = async (host: string): Promise<readonly string[] | undefined> =>
      readStream(await get(Number(port), host, '/manifest.m3u8'))?.announce;
    expect(await announce('tv.example:81')).toEqual(['ws://tv.example:81/announce']);
    expect(await announce('a"b')).toEqual([`ws://127.0.0.1:${port}/announce`]);
  });

  it('names the trackers that were given', async () => {
    const { url } = await start('ts', '-l', '--announce', 'wss://t.example/x', '--announce', 'ws://u.example');
    expect(readStream(await manifest(url))?.announce).toEqual(['wss://t.example/x', 'ws://u.example/']);
  });
});

describe('-f without -l', () => {
  it('starts a folder that nobody writes to at its beginning', async () => {
    const { url } = await start('ts');
    expect(readMagnets(await manifest(url)).map(({ uri }) => uri)).toEqual(
      [0, 1, 2].map((i) => `segments/part${i}.m2t`),
    );
  });

  it('says which folder has nothing yet, and starts when something comes', async () => {
    const { url } = await start('none');
    const early = await fetch(`${url}manifest.m3u8`);
    expect([early.status, await early.text()]).toEqual([503, 'no segment is complete yet\n']);
    cpSync(join(fixtures, 'audio'), folder, { recursive: true });
    touch();
    while ((await fetch(`${url}manifest.m3u8`)).status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readMagnets(await manifest(url))).not.toHaveLength(0);
  });
});

describe('HTTP', () => {
  it('lets any site read everything, ranges included', async () => {
    const { url } = await start('ts', '-l');
    await manifest(url);
    const preflight = await fetch(`${url}segments/part0.m2t`, {
      method: 'OPTIONS',
      headers: { 'Access-Control-Request-Headers': 'range,x-y' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('range,x-y');
    const ranged = await fetch(`${url}segments/part0.m2t`, { headers: { Range: 'bytes=-10' } });
    const length = readFileSync(join(fixtures, 'ts/part0.m2t')).length;
    expect([ranged.status, ranged.headers.get('content-range')]).toEqual([
      206,
      `bytes ${length - 10}-${length - 1}/${length}`,
    ]);
    expect(ranged.headers.get('access-control-expose-headers')).toContain('Content-Range');
    expect((await fetch(`${url}segments/part0.m2t`, { headers: { Range: 'bytes=99999999-' } })).status).toBe(416);
    expect((await fetch(`${url}segments/part0.m2t`, { method: 'HEAD' })).headers.get('content-length')).toBe(
      String(length),
    );
  });

  it('answers what it does not know with 404, 405 or 400, and lives on', async () => {
    const { url } = await start('ts', '-l', '--no-site');
    const port = Number(new URL(url).port);
    for (const path of [
      '',
      'segments/none.ts',
      'segments/..%2f..%2fetc%2fpasswd',
      'config.json',
      '%',
      'segments/%00',
    ]) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${url}manifest.m3u8`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect(await get(port, 'x', 'http://[')).toContain('bad request target');
    expect(await get(port, 'x', 'http://elsewhere.example/manifest.m3u8')).toContain('tr=ws%3A%2F%2Fx%2Fannounce');
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(200);
  });

  it('gives the page its configuration, and trackers to its policy', async () => {
    const { url } = await start('ts', '-l');
    const tracker = `${url.replace('http', 'ws')}announce`;
    expect(await (await fetch(`${url}config.json`)).json()).toEqual({ announce: [tracker], iceServers: [] });
  });
});

describe('ICE servers', () => {
  it('go to the page with their credentials, and to no other site', async () => {
    const { url } = await start('ts', '-l', '--ice', 'turn:alice:s3cret@h:3478', '--ice', 'stun:h:3478');
    const response = await fetch(`${url}config.json`);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(await response.json()).toMatchObject({
      iceServers: [{ urls: 'turn:h:3478', username: 'alice', credential: 's3cret' }, { urls: 'stun:h:3478' }],
    });
  });
});

/** A request whose target and Host header go out as they are. */
function get(port: number, host: string, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${target} HTTP/1.0\r\nHost: ${host}\r\n\r\n`));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString().split('\r\n\r\n')[1] ?? ''));
    socket.on('error', reject);
  });
}

import { Buffer } from 'node:buffer';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';
import type { LiveTorrentServer } from '../src/server.js';
import { startUpstream, type Upstream } from './support/upstream.js';

const silent = { info: () => {}, warn: () => {}, manifest: () => {} };
const servers: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function upstreamWith(files: Record<string, string>, cors: boolean): Promise<Upstream> {
  const upstream = await startUpstream(cors);
  for (const [path, body] of Object.entries(files)) upstream.files.set(path, Buffer.from(body));
  servers.push(upstream);
  return upstream;
}

async function serverFor(url: string, ...flags: string[]): Promise<LiveTorrentServer> {
  const options = parseOptions(['-u', url, '-p', '0', ...flags]);
  if (typeof options === 'string') throw new Error(options);
  const server = await createServer(options, silent);
  servers.push(server);
  await server.listen();
  return server;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const text = async (url: string): Promise<string> => (await fetch(url)).text();

const MEDIA = `#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-KEY:METHOD=AES-128,URI="keys/k.bin",IV=0x01
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2,
a.m4s
#EXTINF:2,
/abs/b.m4s?token=s3cret&x=1
`;
const FILES = {
  '/live/media.m3u8': MEDIA,
  '/live/a.m4s': 'aaaa',
  '/abs/b.m4s': 'bbbbb',
  '/live/init.mp4': 'init',
  '/live/keys/k.bin': 'key',
};

describe('-u, a Media Playlist', () => {
  it('leads viewers to the upstream where its CORS headers allow it', async () => {
    const upstream = await upstreamWith(FILES, true);
    const server = await serverFor(`${upstream.url}live/media.m3u8`);
    const playlist = await text(`${server.url}manifest.m3u8`);
    expect(lines(playlist)).toEqual([`${upstream.url}live/a.m4s`, `${upstream.url}abs/b.m4s?token=s3cret&x=1`]);
    expect(playlist).toContain(`#EXT-X-KEY:METHOD=AES-128,URI="${upstream.url}live/keys/k.bin",IV=0x01`);
    expect(playlist).toContain(`#EXT-X-MAP:URI="${upstream.url}live/init.mp4"`);
    expect(readMagnets(playlist).map(({ length }) => length)).toEqual([4, 5]);
    expect(readStream(playlist)?.announce).toEqual([`${server.url.replace('http', 'ws')}announce`]);
  });

  it('carries segments, initialization sections and keys itself where they do not', async () => {
    const upstream = await upstreamWith(FILES, false);
    const server = await serverFor(`${upstream.url}live/media.m3u8`);
    const playlist = await text(`${server.url}manifest.m3u8`);
    const [a, b] = lines(playlist) as [string, string];
    expect(playlist).not.toContain('s3cret');
    expect(await text(new URL(a, server.url).href)).toBe('aaaa');
    expect(await text(new URL(b, server.url).href)).toBe('bbbbb');
    const uris = [...playlist.matchAll(/URI="([^"]*)"/g)].map(([, uri]) => new URL(uri as string, server.url).href);
    expect(await Promise.all(uris.map(text))).toEqual(['key', 'init']);
    const ranged = await fetch(new URL(b, server.url), { headers: { Range: 'bytes=1-3' } });
    expect([ranged.status, ranged.headers.get('content-range'), await ranged.text()]).toEqual([
      206,
      'bytes 1-3/5',
      'bbb',
    ]);
    expect(await (await fetch(`${server.url}stats.json`)).json()).toMatchObject({
      segmentsHashed: 2,
      segmentBytesServed: 12,
    });
  });

  it('reads each segment once from the upstream, for hashing and for all viewers', async () => {
    const upstream = await upstreamWith(FILES, false);
    const server = await serverFor(`${upstream.url}live/media.m3u8`);
    for (let i = 0; i < 3; i++) {
      for (const uri of lines(await text(`${server.url}manifest.m3u8`))) await text(new URL(uri, server.url).href);
    }
    expect(
      upstream.requests.filter(({ method, path, ranged }) => method === 'GET' && path === '/abs/b.m4s' && !ranged),
    ).toHaveLength(1);
  });

  it('asks for the playlist once, however many ask at the same time', async () => {
    const upstream = await upstreamWith(FILES, true);
    const server = await serverFor(`${upstream.url}live/media.m3u8`, '-r', '30');
    await Promise.all(Array.from({ length: 20 }, () => text(`${server.url}manifest.m3u8`)));
    expect(upstream.requests.filter(({ path }) => path.endsWith('.m3u8'))).toHaveLength(1);
  });

  it('takes the URL after redirects for the base of URIs', async () => {
    const upstream = await upstreamWith(FILES, true);
    upstream.redirects.set('/start.m3u8', '/live/media.m3u8');
    const server = await serverFor(`${upstream.url}start.m3u8`);
    expect(lines(await text(`${server.url}manifest.m3u8`))[0]).toBe(`${upstream.url}live/a.m4s`);
  });

  it('fetches nothing that no playlist has named', async () => {
    const upstream = await upstreamWith(FILES, false);
    const server = await serverFor(`${upstream.url}live/media.m3u8`);
    await text(`${server.url}manifest.m3u8`);
    const named = new Set(upstream.requests.map(({ path }) => path));
    for (const path of [
      'r/AAAAAAAAAAAAAAAA/x.m3u8',
      's/AAAAAAAAAAAAAAAA/x.ts',
      `s/${encodeURIComponent(upstream.url)}`,
      's/../r/x',
    ]) {
      expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    }
    expect(upstream.requests.filter(({ path }) => !named.has(path))).toEqual([]);
  });
});

describe('-u, a Multivariant Playlist', () => {
  const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x, URI=",URI="audio/en.m3u8"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"
low/media.m3u8?q=1
#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a"
/live/media.m3u8
`;

  it('routes every rendition, and all of them have one mesh', async () => {
    const files = {
      ...FILES,
      '/top.m3u8': MULTIVARIANT,
      '/low/media.m3u8': MEDIA,
      '/audio/en.m3u8': MEDIA,
      '/low/a.m4s': 'l',
    };
    const upstream = await upstreamWith(files, true);
    const server = await serverFor(`${upstream.url}top.m3u8?token=1`);
    const playlist = await text(`${server.url}manifest.m3u8`);
    const attributes = [...playlist.matchAll(/,URI="([^"]*)"/g)].map(([, uri]) => uri as string);
    const routed = [...attributes, ...lines(playlist)];
    expect(routed).toHaveLength(4);
    for (const uri of routed) expect(uri).toMatch(/^\/r\/[\w-]{16}\/[\w.]+\.m3u8$/);
    const [low, live] = await Promise.all(lines(playlist).map((uri) => text(new URL(uri, server.url).href)));
    expect(lines(low as string)[0]).toBe(`${upstream.url}low/a.m4s`);
    expect(readStream(low as string)?.stream).toBe(readStream(live as string)?.stream);
  });
});

describe('-u, an upstream in trouble', () => {
  it.each([404, 410, 503])('relays %i of a playlist that it has never had', async (status) => {
    const upstream = await upstreamWith(FILES, true);
    upstream.status = status;
    const server = await serverFor(`${upstream.url}live/media.m3u8`, '--wait');
    const response = await fetch(`${server.url}manifest.m3u8`);
    expect([response.status, await response.text()]).toEqual([status, `media.m3u8: answered ${status}\n`]);
  });

  it.each([401, 403])('does not start on one that answers %i, and names the flag that it may want', async (status) => {
    const upstream = await upstreamWith({}, true);
    upstream.status = status;
    const url = `${upstream.url}live/media.m3u8`;
    await expect(serverFor(url)).rejects.toThrow(`-u ${url}: answered ${status}; --header 'NAME: VALUE'`);
  });

  it.each([404, 410])('does not start on one that answers %i, and names what would wait', async (status) => {
    const upstream = await upstreamWith({}, true);
    upstream.status = status;
    const url = `${upstream.url}live/media.m3u8`;
    await expect(serverFor(url)).rejects.toThrow(`-u ${url}: answered ${status}; --wait waits for the feed`);
  });

  it.each([429, 500, 502, 503])('starts on one that answers %i, which passes', async (status) => {
    const upstream = await upstreamWith(FILES, true);
    upstream.status = status;
    const server = await serverFor(`${upstream.url}live/media.m3u8`, '-r', '0.01');
    upstream.status = undefined;
    while ((await fetch(`${server.url}manifest.m3u8`)).status !== 200);
  });

  it('starts with --wait while the feed is not there yet', async () => {
    const upstream = await upstreamWith({}, true);
    const server = await serverFor(`${upstream.url}live/media.m3u8`, '-r', '0.01', '--wait');
    expect((await fetch(`${server.url}manifest.m3u8`)).status).toBe(404);
    for (const [path, body] of Object.entries(FILES)) upstream.files.set(path, Buffer.from(body));
    while ((await fetch(`${server.url}manifest.m3u8`)).status !== 200);
  });

  it('starts with --wait before anybody listens at the URL', async () => {
    const upstream = await upstreamWith(FILES, true);
    const { url } = upstream;
    await upstream.close();
    const server = await serverFor(`${url}live/media.m3u8`, '--wait');
    expect((await fetch(`${server.url}manifest.m3u8`)).status).toBe(502);
  });

  it('starts though a rendition is in trouble, as players do', async () => {
    const playlist = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive/media.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\n';
    const upstream = await upstreamWith({ ...FILES, '/top.m3u8': `${playlist}http://127.0.0.1:1/gone.m3u8\n` }, true);
    const server = await serverFor(`${upstream.url}top.m3u8`);
    const [first = ''] = lines(await text(`${server.url}manifest.m3u8`));
    expect(lines(await text(new URL(first, server.url).href))).toHaveLength(2);
  });

  it('does not start on what is no playlist', async () => {
    const upstream = await upstreamWith({ '/page.m3u8': '<html>' }, true);
    await expect(serverFor(`${upstream.url}page.m3u8`)).rejects.toThrow(
      `${upstream.url}page.m3u8: is not an HLS playlist`,
    );
  });
});

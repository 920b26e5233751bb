import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { publicLookupBy, type ResolveAll } from '@live-torrent/manifest-magnetizer/node';
import { guardedConnector } from '../src/upstream/address-guard.js';
import { closeAll, media, serve, until, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(120_000);
afterEach(closeAll);

/** A server that nobody may be led to, on a port of the upstream's own host. */
async function secretServer(): Promise<{ port: string; asked: () => number }> {
  const secret = await upstreamWith({ '/secret': 'secret', '/secret.m3u8': media('#EXTINF:2,\nsecret\n') });
  return { port: new URL(secret.url).port, asked: () => secret.asked.length };
}

/** Ways to write this machine. */
const HOSTS = [
  '127.0.0.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0',
  '0.0.0.0',
  '127.0.0.2',
  '127.255.255.254',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[0:0:0:0:0:ffff:7f00:0001]',
  'localhost',
  'localhost.',
  'LOCALHOST',
  'a.localhost',
  '１２７.０.０.１',
  '127。0。0。1',
  'user:password@127.0.0.1',
  '127.0.0.1%2f',
  '%31%32%37.0.0.1',
];

describe('an upstream leads nobody to this machine’s other ports,', () => {
  it('by no spelling of its addresses, in segments, keys, maps, parts and playlists', async () => {
    const { port, asked } = await secretServer();
    const to = (host: string): string => `http://${host}:${port}/secret`;
    const upstream = await upstreamWith({
      '/live.m3u8': media(
        HOSTS.map(
          (host) =>
            `#EXT-X-KEY:METHOD=AES-128,URI="${to(host)}"\n#EXT-X-MAP:URI="${to(host)}"\n#EXT-X-PART:DURATION=1,URI="${to(host)}"\n` +
            `#EXTINF:2,\n${to(host)}\n#EXTINF:2,\n${to(host)}.m3u8\n`,
        ).join(''),
      ),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const text = await feed.playlist();
    const routed = new Set([...uris(text), ...[...text.matchAll(/URI="([^"]*)"/g)].map(([, uri = '']) => uri)]);
    const ours = [...routed].filter((uri) => /^\/[rs]\//.test(uri));
    expect(ours.length).toBeGreaterThan(2 * 15);
    const answers = await Promise.all(ours.map(async (uri) => (await feed.get(uri)).status));
    expect(new Set(answers)).toEqual(new Set([502]));
    expect(asked()).toBe(0);
  });

  it.each([1, 2, 5])('by no redirect, at hop %i', async (hop) => {
    const { port, asked } = await secretServer();
    const targets = HOSTS.map((host) => `http://${host}:${port}/secret`).filter((url) => URL.canParse(url));
    const upstream = await upstreamWith({
      '/live.m3u8': media(targets.map((_, i) => `#EXTINF:2,\n${i}.ts?hop=1\n`).join('')),
    });
    for (const [i, target] of targets.entries()) {
      upstream.handlers[`/${i}.ts`] = (req, res) => {
        const at = Number(/hop=(\d)/.exec(req.url ?? '')?.[1]);
        res.writeHead(302, { Location: at === hop ? encodeURI(target) : `/${i}.ts?hop=${at + 1}` }).end();
      };
    }
    const feed = await serve(`${upstream.url}live.m3u8`);
    const answers = await Promise.all(uris(await feed.playlist()).map(async (uri) => (await feed.get(uri)).status));
    expect(new Set(answers)).toEqual(new Set([502]));
    expect(asked()).toBe(0);
  });

  it.each([
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://127.0.0.1/',
    'ftp://127.0.0.1/',
    'javascript:1',
    'blob:x',
    'http://',
    '//',
  ])('nor to another scheme by a redirect: %s', async (location) => {
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_, res) => void res.writeHead(302, { Location: location }).end(),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    const answer = await feed.get(uri);
    expect([answer.status, await answer.text()]).toEqual([502, 'a.ts: cannot be reached\n']);
  });

  it.each([
    '/s/0123456789abcdef/secret',
    '/r/0123456789abcdef/secret.m3u8',
    '/s/../secret',
    '/r/http://127.0.0.1/secret',
  ])('nor does a viewer who makes up a path: %s', async (path) => {
    const upstream = await upstreamWith({ '/live.m3u8': media('#EXTINF:2,\na.ts\n'), '/secret': 'secret' });
    const feed = await serve(`${upstream.url}live.m3u8`);
    expect((await feed.get(path)).status).toBe(404);
    expect(upstream.of('/secret')).toEqual([]);
  });
});

describe('a name whose address changes between the check and the connection', () => {
  const connectTo = (
    answers: readonly (readonly string[])[],
  ): Promise<{ error: Error | null; asked: number; reached: boolean }> =>
    new Promise((resolve) => {
      let reached = false;
      let asked = 0;
      const server = createServer((_, res) => res.end()).on('connection', () => {
        reached = true;
      });
      server.listen(0, '127.0.0.1', () => {
        const resolveName: ResolveAll = (_hostname, _options, callback) => {
          const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
          callback(
            null,
            addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
          );
        };
        const { port } = server.address() as AddressInfo;
        const connector = guardedConnector([], publicLookupBy(resolveName));
        const target = { hostname: 'rebind.example', protocol: 'http:', port: String(port), host: '' };
        connector(target, (error, socket) => {
          socket?.destroy();
          server.close(() => resolve({ error, asked, reached }));
          server.closeAllConnections();
        });
      });
    });

  it('is looked up once: what was checked is what is connected to', async () => {
    // A public address that nobody has: documentation prefixes are refused, so it is one that does not answer here.
    const { asked, reached } = await connectTo([['192.31.196.1'], ['127.0.0.1']]);
    expect([asked, reached]).toEqual([1, false]);
  });

  it.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['::127.0.0.1', '8.8.8.8']],
    [['0.0.0.0']],
    [['169.254.169.254']],
  ])('is refused when any of its addresses is not public: %j', async (addresses) => {
    const { error, reached } = await connectTo([addresses]);
    expect(error?.message).toMatch(/^rebind\.example has the address .*, which is not public/);
    expect(reached).toBe(false);
  });
});

describe('a body that is small and decodes to much', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const bomb = gzipSync(`#EXTM3U\n${'#'.repeat(32 * 1024 * 1024)}`);
  it.each([
    ['gzip', 'gzip', bomb],
    ['brotli', 'br', brotliCompressSync(zeros)],
    ['gzip in gzip', 'gzip, gzip', gzipSync(bomb)],
    ['gzip in brotli', 'gzip, br', brotliCompressSync(bomb)],
    ['gzip in gzip in gzip', 'gzip,gzip,gzip', gzipSync(gzipSync(bomb))],
    ['gzip ten times', Array(10).fill('gzip').join(), gzipSync(gzipSync(bomb))],
  ])('ends as a playlist, and as a segment, without being held: %s', async (_, coding, body) => {
    const answer = { 'Content-Encoding': coding };
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/bomb.m3u8': (_req, res) => void res.writeHead(200, answer).end(body),
      '/a.ts': (_req, res) => void res.writeHead(200, answer).end(body),
    });
    await expect(serve(`${upstream.url}bomb.m3u8`)).rejects.toThrow(/more than 200 times|not an HLS playlist/);
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    const received = await feed
      .get(uri, { headers: { 'Accept-Encoding': 'identity' } })
      .then(async (response) => (coding.split(',').length > 3 ? 0 : (await response.arrayBuffer()).byteLength))
      .catch(() => 0);
    expect(received).toBeLessThan(8 * 1024 * 1024);
    const { segmentsHashed } = (await (await feed.get('stats.json')).json()) as { segmentsHashed: number };
    expect(segmentsHashed).toBeLessThanOrEqual(coding.split(',').length > 3 ? 1 : 0);
  });
});

it('a playlist that comes byte by byte is bridged like one that does not come', async () => {
  const upstream = await upstreamWith({ '/live.m3u8': media('#EXTINF:2,\na.ts\n'), '/a.ts': 'a' });
  const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
  const before = await feed.playlist();
  const timers: NodeJS.Timeout[] = [];
  upstream.handlers['/live.m3u8'] = (_, res) => {
    res.writeHead(200, { 'Content-Length': 1000 });
    timers.push(setInterval(() => res.write('#'), 100));
  };
  const asked = upstream.of('/live.m3u8').length;
  await until(async () => {
    expect(uris(await feed.playlist())).toEqual(uris(before));
    // It is given up, and asked for again, while viewers go on.
    return upstream.of('/live.m3u8').length > asked + 1;
  });
  for (const timer of timers) clearInterval(timer);
});

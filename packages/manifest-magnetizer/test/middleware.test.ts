import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { request } from 'undici';
import { listen } from '../../../harness/serve.mjs';
import { readMagnets, readStream, stripPlaylist } from '../src/index.js';
import { type Middleware, magnetizer } from '../src/node/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,tïtle\na.ts\n#EXTINF:4,\nb.ts\n';
const BYTES = new Uint8Array(100_000).fill(7);
const TYPE = 'application/vnd.apple.mpegurl';

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

async function serve(handler: RequestListener): Promise<string> {
  server = createServer(handler);
  return `http://127.0.0.1:${await listen(server)}`;
}

/** A server whose handler answers behind the middleware. */
function serveBehind(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
  middleware?: Middleware,
): Promise<string> {
  const layer = middleware ?? magnetizer({ readSegment: async () => BYTES, announce: ['ws://tracker.example'] });
  return serve((req, res) => layer(req, res, () => answer(req, res)));
}

/** The ways in which handlers write a response. */
const WAYS: [string, (res: ServerResponse) => void][] = [
  ['end', (res) => res.setHeader('Content-Type', TYPE).end(PLAYLIST)],
  [
    'writeHead with an object',
    (res) => res.writeHead(200, { 'Content-Type': TYPE, 'Content-Length': 5 }).end(PLAYLIST),
  ],
  ['writeHead with a message and a list', (res) => res.writeHead(200, 'Fine', ['Content-Type', TYPE]).end(PLAYLIST)],
  ['writeHead with pairs', (res) => res.writeHead(200, [['Content-Type', TYPE]] as never).end(PLAYLIST)],
  [
    'small writes',
    (res) => {
      res.setHeader('Content-Type', TYPE);
      res.flushHeaders();
      for (const byte of Buffer.from(PLAYLIST)) res.write(Buffer.from([byte]));
      res.end();
    },
  ],
  ['latin1', (res) => res.setHeader('Content-Type', TYPE).end(Buffer.from(PLAYLIST).toString('latin1'), 'latin1')],
  [
    'callbacks',
    (res) => {
      res.setHeader('Content-Type', TYPE);
      res.write(PLAYLIST.slice(0, 30), () => res.end(PLAYLIST.slice(30), () => {}));
    },
  ],
  ['gzip', (res) => res.writeHead(200, { 'Content-Type': TYPE, 'Content-Encoding': 'gzip' }).end(gzipSync(PLAYLIST))],
  [
    'brotli',
    (res) => res.writeHead(200, { 'Content-Type': TYPE, 'Content-Encoding': 'br' }).end(brotliCompressSync(PLAYLIST)),
  ],
];

describe('the middleware', () => {
  it('holds a blocking reload as long as its handler does, and gives each the playlist that was asked for', async () => {
    const waiting = new Map<string, () => void>();
    const origin = await serveBehind((req, res) => {
      const part = /_HLS_part=(\d)/.exec(req.url ?? '')?.[1];
      const answer = (): void => void res.setHeader('Content-Type', TYPE).end(`${PLAYLIST}#EXT-X-PART:${part}\n`);
      if (part === undefined) answer();
      else waiting.set(part, answer);
    });
    const ask = async (query: string): Promise<string> => (await fetch(`${origin}/live.m3u8${query}`)).text();
    const blocked = ['0', '1'].map((part) => ask(`?_HLS_msn=2&_HLS_part=${part}`));
    expect(stripPlaylist(await ask(''))).toBe(`${PLAYLIST}#EXT-X-PART:undefined\n`);
    while (waiting.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    waiting.get('1')?.();
    expect(stripPlaylist((await blocked[1]) ?? '')).toBe(`${PLAYLIST}#EXT-X-PART:1\n`);
    waiting.get('0')?.();
    expect(stripPlaylist((await blocked[0]) ?? '')).toBe(`${PLAYLIST}#EXT-X-PART:0\n`);
  });

  it.each(WAYS)('annotates a playlist that is written by %s', async (_, write) => {
    const origin = await serveBehind((_req, res) => write(res));
    const response = await fetch(`${origin}/live/index.m3u8`);
    const text = await response.text();
    expect(stripPlaylist(text)).toBe(PLAYLIST);
    expect(readMagnets(text).map(({ infoHash }) => infoHash)).toEqual(
      Array(2).fill(createSegmentMagnet(BYTES).infoHash),
    );
    expect(readStream(text)?.announce).toEqual(['ws://tracker.example']);
    expect(response.headers.get('content-type')).toBe(TYPE);
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(response.headers.has('content-encoding')).toBe(false);
  });

  it('keeps the other headers, and has an ETag of its own that answers 304', async () => {
    const origin = await serveBehind((req, res) => {
      expect(req.headers.range ?? req.headers['if-none-match'] ?? req.headers['if-modified-since']).toBeUndefined();
      const headers = { ETag: '"theirs"', 'Cache-Control': 'max-age=1', 'Access-Control-Allow-Origin': '*', Age: '3' };
      res
        .writeHead(200, { ...headers, 'Content-Type': TYPE, 'Content-Length': Buffer.byteLength(PLAYLIST) })
        .end(PLAYLIST);
    });
    const first = await fetch(`${origin}/index.m3u8`, { headers: { range: 'bytes=0-9' } });
    expect(first.status).toBe(200);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'cache-control': 'max-age=1',
      'access-control-allow-origin': '*',
      age: '3',
    });
    await first.text();
    const second = await fetch(`${origin}/index.m3u8`, {
      headers: { 'if-none-match': `"x", W/${etag}`, 'if-modified-since': new Date().toUTCString() },
    });
    expect([second.status, await second.text()]).toEqual([304, '']);
    const head = await fetch(`${origin}/index.m3u8`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([200, null, null]);
  });

  it.each([
    ['another type and path', '/a.ts', 200, 'video/mp2t'],
    ['an error', '/index.m3u8', 404, TYPE],
    ['a redirect', '/index.m3u8', 302, TYPE],
    ['not modified', '/index.m3u8', 304, TYPE],
  ])('leaves %s alone', async (_, path, status, type) => {
    const body = status === 304 ? '' : PLAYLIST;
    const origin = await serveBehind((_req, res) =>
      res.writeHead(status, { 'Content-Type': type, ETag: '"theirs"' }).end(body),
    );
    const response = await fetch(origin + path, { redirect: 'manual' });
    expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([status, body, '"theirs"']);
  });

  it('lets a body through that is too large for a playlist', async () => {
    const large = Buffer.alloc(17 * 1024 * 1024, '#');
    const origin = await serveBehind((_req, res) => {
      res.setHeader('Content-Type', TYPE);
      for (let at = 0; at < large.length; at += 1_000_000) res.write(large.subarray(at, at + 1_000_000));
      res.end();
    });
    const body = Buffer.from(await (await fetch(`${origin}/index.m3u8`)).arrayBuffer());
    expect(body.equals(large)).toBe(true);
  });

  it('lets a body through whose encoding it does not know, or that is not what it says', async () => {
    const errors: unknown[] = [];
    const layer = magnetizer({
      readSegment: async () => BYTES,
      onError: (error, { url }) => errors.push(error, new URL(url).pathname),
    });
    for (const encoding of ['compress', 'gzip', 'none-at-all']) {
      const write = (res: ServerResponse) =>
        res.writeHead(200, { 'Content-Type': TYPE, 'Content-Encoding': encoding }).end('raw');
      const origin = await serveBehind((_req, res) => write(res), layer);
      const response = await request(`${origin}/index.m3u8`);
      expect([response.headers['content-encoding'], await response.body.text()]).toEqual([encoding, 'raw']);
      await new Promise<void>((resolve) => server?.close(() => resolve()));
    }
    server = undefined;
    expect(errors).toEqual([
      expect.any(TypeError),
      '/index.m3u8',
      expect.objectContaining({ code: 'Z_DATA_ERROR' }),
      '/index.m3u8',
    ]);
  });

  it('reads segments from the folder that is served, and nothing outside it', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'magnetizer-'));
    try {
      const layer = magnetizer({ folder: join(parent, '.'), path: '/media' });
      await writeFile(join(parent, 'ü 1.ts'), BYTES);
      const text = [
        '#EXTM3U',
        ...[
          'ü%201.ts',
          '%2e%2e/%2e%2e/etc/passwd',
          '..%2f..%2fetc/passwd',
          '/other/1.ts',
          'http://else.example/media/%C3%BC%201.ts',
          '%zz.ts',
          '%00.ts',
          '.',
        ].flatMap((uri) => ['#EXTINF:4,', uri]),
      ].join('\n');
      const origin = await serveBehind((_req, res) => res.end(text), layer);
      const magnets = readMagnets(await (await fetch(`${origin}/media/live.m3u8`)).text());
      expect(magnets.map(({ uri, infoHash }) => [uri, infoHash])).toEqual([
        ['ü%201.ts', createSegmentMagnet(BYTES).infoHash],
      ]);
      expect(layer.magnetizer.stats()).toMatchObject({ segmentsHashed: 1, failures: 7 });
    } finally {
      await rm(parent, { recursive: true });
    }
  });

  it('hashes a segment once, whatever Host clients name, and names the stream by it', async () => {
    const layer = magnetizer({ readSegment: async () => BYTES });
    const origin = await serveBehind((_req, res) => res.end(PLAYLIST), layer);
    const streams = new Set<string | undefined>();
    for (const host of ['a.example', 'b.example:81', 'bad host/../']) {
      streams.add(readStream(await (await request(`${origin}/x.m3u8`, { headers: { host } })).body.text())?.stream);
    }
    expect(streams.size).toBe(3);
    expect(layer.magnetizer.stats().segmentsHashed).toBe(2);
  });

  it.each(['//elsewhere.example/x.m3u8', 'http://elsewhere.example/x.m3u8', 'https://elsewhere.example/x.m3u8?a'])(
    'is led to no other host by the request target %s',
    async (target) => {
      const reads: string[] = [];
      const layer = magnetizer({
        readSegment: async ({ url }) => {
          reads.push(new URL(url).host);
          return BYTES;
        },
      });
      const origin = await serveBehind((_req, res) => res.end(PLAYLIST), layer);
      const { host, hostname, port } = new URL(origin);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
        );
        socket.resume().on('close', () => resolve());
      });
      expect(reads).toEqual([host, host]);
    },
  );

  it('says what is missing when it is told no source of segments', () => {
    expect(() => magnetizer({})).toThrow(/folder.*readSegment/);
  });
});

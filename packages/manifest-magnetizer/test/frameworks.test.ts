import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import middie from '@fastify/middie';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { serve } from '../../../harness/serve.mjs';
import { createFetchHandler, createMagnetizer, readMagnets, stripPlaylist } from '../src/index.js';
import { magnetizer } from '../src/node/index.js';
import { createSegmentMagnet } from '../src/torrent.js';

const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n';
const BYTES = new Uint8Array(70_000).fill(9);
const TYPE = 'application/vnd.apple.mpegurl';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function originOf(handler: RequestListener): Promise<string> {
  const { url, close } = await serve(handler);
  closing.push(close);
  return url.slice(0, -1);
}

async function mediaFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'magnetizer-'));
  closing.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'index.m3u8'), PLAYLIST);
  await writeFile(join(folder, 'a.ts'), BYTES);
  return folder;
}

/** Whatever serves it: annotated, conditional by its own ETag, segments and their ranges untouched. */
async function expectOrigin(origin: string, path = ''): Promise<void> {
  const playlist = await fetch(`${origin}${path}/index.m3u8`);
  const text = await playlist.text();
  expect(stripPlaylist(text)).toBe(PLAYLIST);
  expect(readMagnets(text).map(({ infoHash }) => infoHash)).toEqual([createSegmentMagnet(BYTES).infoHash]);
  const etag = playlist.headers.get('etag') ?? '';
  const again = await fetch(`${origin}${path}/index.m3u8`, { headers: { 'if-none-match': etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
  const segment = await fetch(`${origin}${path}/a.ts`, { headers: { range: 'bytes=10-19' } });
  expect([segment.status, (await segment.arrayBuffer()).byteLength]).toEqual([206, 10]);
}

describe('the middleware in a framework', () => {
  it('annotates static files of Express, mounted under a path', async () => {
    const folder = await mediaFolder();
    const app = express();
    app.use('/media', magnetizer({ folder, path: '/media' }), express.static(folder));
    await expectOrigin(await originOf(app), '/media');
  });

  it('annotates what an Express route sends', async () => {
    const app = express();
    app.use(magnetizer({ readSegment: async () => BYTES }));
    app.get('/live', (_req, res) => {
      res.type(TYPE).send(PLAYLIST);
    });
    const response = await fetch(`${await originOf(app)}/live`);
    expect(readMagnets(await response.text())).toHaveLength(1);
  });

  it('annotates what a Fastify route sends', async () => {
    const app = fastify();
    await app.register(middie);
    app.use(magnetizer({ readSegment: async () => BYTES }));
    app.get('/index.m3u8', async (_request, reply) => reply.type(TYPE).send(PLAYLIST));
    app.get('/a.ts', async (_request, reply) => reply.send(Buffer.from(BYTES)));
    closing.push(() => app.close());
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(readMagnets(await (await fetch(`${origin}/index.m3u8`)).text())).toHaveLength(1);
    expect((await (await fetch(`${origin}/a.ts`)).arrayBuffer()).byteLength).toBe(BYTES.length);
  });
});

describe('the Fetch handler', () => {
  it('takes a handler’s ETag for what alone tells that a playlist was written anew', async () => {
    let run = 1;
    const magnetizer = createMagnetizer({ readSegment: async () => Buffer.from(`run ${run}`) });
    const headers = () => ({ 'Content-Type': TYPE, ETag: `"${run}"` });
    const handler = createFetchHandler(magnetizer, () => new Response(PLAYLIST, { headers: headers() }));
    const magnet = async () => {
      const response = await handler(new Request('http://origin.example/index.m3u8'));
      return readMagnets(await response.text()).map(({ infoHash }) => infoHash);
    };
    expect(await magnet()).toEqual([createSegmentMagnet(Buffer.from('run 1')).infoHash]);
    run = 2;
    expect(await magnet()).toEqual([createSegmentMagnet(Buffer.from('run 2')).infoHash]);
  });

  const instance = () => createMagnetizer({ readSegment: async () => BYTES });

  it('annotates what a Hono app answers', async () => {
    const app = new Hono();
    const seen: (string | undefined)[] = [];
    app.get('/index.m3u8', (c) => {
      seen.push(c.req.header('if-none-match'), c.req.header('range'));
      return c.body(PLAYLIST, 200, { 'Content-Type': TYPE, ETag: '"theirs"', 'Cache-Control': 'max-age=2' });
    });
    app.get('/a.ts', (c) => c.body(BYTES, 200, { ETag: '"theirs"' }));
    const handler = createFetchHandler(instance(), (request) => app.fetch(request));
    const ask = (path: string, init?: RequestInit) => handler(new Request(`http://origin.example${path}`, init));

    const response = await ask('/index.m3u8', { headers: { range: 'bytes=0-1' } });
    const text = await response.text();
    expect(stripPlaylist(text)).toBe(PLAYLIST);
    expect(readMagnets(text)).toHaveLength(1);
    expect(response.headers.get('cache-control')).toBe('max-age=2');
    expect(response.headers.get('content-length')).toBe(String(text.length));
    const etag = response.headers.get('etag') ?? '';
    expect((await ask('/index.m3u8', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
    expect((await ask('/index.m3u8', { method: 'HEAD' })).headers.get('etag')).toBeNull();
    expect((await ask('/a.ts')).headers.get('etag')).toBe('"theirs"');
    expect((await ask('/none')).status).toBe(404);
  });

  it('decodes gzip, and lets pass what it cannot decode', async () => {
    const encoded = (encoding: string, body: Buffer) =>
      createFetchHandler(
        instance(),
        () => new Response(new Uint8Array(body), { headers: { 'Content-Encoding': encoding, 'Content-Type': TYPE } }),
      );
    const request = new Request('http://origin.example/index.m3u8');
    const response = await encoded('gzip', gzipSync(PLAYLIST))(request);
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(readMagnets(await response.text())).toHaveLength(1);
    const brotli = brotliCompressSync(PLAYLIST);
    const passed = await encoded('br', brotli)(request);
    expect(passed.headers.get('content-encoding')).toBe('br');
    expect(Buffer.from(await passed.arrayBuffer()).equals(brotli)).toBe(true);
  });

  it.each(['dcz', 'gzip, compress', ...('createZstdDecompress' in zlib ? [] : ['zstd'])])(
    'leaves the label of %s on what the platform has not decoded',
    async (coding) => {
      // A frame of one raw block.
      const body = Buffer.from('28b52ffd0000490000234558544d335500', 'hex');
      const origin = await originOf((_, res) =>
        res.writeHead(200, { 'Content-Type': TYPE, 'Content-Encoding': coding, ETag: '"theirs"' }).end(body),
      );
      const handler = createFetchHandler(instance(), () => fetch(`${origin}/a.m3u8`));
      const response = await handler(new Request('http://proxy.example/x'));
      expect(response.headers.get('content-encoding')).toBe(coding);
      expect(response.headers.get('etag')).toBe('"theirs"');
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    },
  );

  it('lets a body through that is too large for a playlist', async () => {
    const large = Buffer.alloc(17_000_000, '#');
    const handler = createFetchHandler(instance(), () => new Response(large, { headers: { 'Content-Type': TYPE } }));
    const response = await handler(new Request('http://origin.example/x'));
    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
  });

  it('in front of an upstream takes the URL after redirects for base', async () => {
    const origin = await originOf((req, res) => {
      if (req.url === '/a.m3u8') res.writeHead(302, { Location: '/deep/er/b.m3u8' }).end();
      else res.writeHead(200, { 'Content-Type': TYPE, 'Content-Encoding': 'gzip' }).end(gzipSync(PLAYLIST));
    });
    const reads: string[] = [];
    const upstream = createMagnetizer({
      readSegment: async ({ url }) => {
        reads.push(url);
        return BYTES;
      },
    });
    const handler = createFetchHandler(upstream, () => fetch(`${origin}/a.m3u8`));
    const response = await handler(new Request('http://proxy.example/x'));
    expect(readMagnets(await response.text())).toHaveLength(1);
    expect(reads).toEqual([`${origin}/deep/er/a.ts`]);
  });
});

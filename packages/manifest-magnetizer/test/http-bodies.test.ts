import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { listen } from '../../../harness/serve.mjs';
import { createFetchHandler, createMagnetizer, readMagnets } from '../src/index.js';
import { type HttpReader, httpReader } from '../src/node/index.js';

const BYTES = Buffer.alloc(1_000, 'x');
const options = { signal: AbortSignal.timeout(20_000), maxLength: 60_000 };
const servers: (Server | TcpServer)[] = [];
const readers: HttpReader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function hostOf(server: Server | TcpServer): Promise<string> {
  servers.push(server);
  return `127.0.0.1:${await listen(server)}`;
}
const serve = (handler: RequestListener): Promise<string> => hostOf(createServer(handler));
/** A server that answers with these very bytes, and closes the connection. */
const answer = (text: string): Promise<string> =>
  hostOf(createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(text))));

function readerFor(...hosts: string[]): HttpReader {
  const reader = httpReader({ allowHosts: hosts, retryDelay: 1 });
  readers.push(reader);
  return reader;
}
const read = (host: string, path = '/a.ts', byteRange?: { offset: number; length: number }) =>
  readerFor(host).readSegment({ url: `http://${host}${path}`, playlistUrl: `http://${host}/`, byteRange }, options);

describe('a body that is not whole is never hashed', () => {
  const half = 'x'.repeat(500);
  it.each([
    ['a chunked body without its last chunk', `Transfer-Encoding: chunked\r\n\r\n1f4\r\n${half}\r\n`],
    ['a chunk that is cut', `Transfer-Encoding: chunked\r\n\r\n3e8\r\n${half}`],
    ['less than its Content-Length', `Content-Length: 1000\r\n\r\n${half}`],
    ['a body that ends with its connection', `Connection: close\r\n\r\n${half}`],
  ])('%s', async (_, rest) => {
    const host = await answer(`HTTP/1.1 200 OK\r\n${rest}`);
    await expect(read(host)).rejects.toThrow();
    const magnetizer = createMagnetizer({ ...readerFor(host), timeBudget: 5_000 });
    const text = '#EXTM3U\n#EXTINF:4,\na.ts\n';
    expect(readMagnets(await magnetizer.magnetize(text, { url: `http://${host}/i.m3u8` }))).toEqual([]);
    expect(magnetizer.stats()).toMatchObject({ segmentsHashed: 0, failures: 1 });
    magnetizer.close();
  });

  it.each([
    [206, 'bytes 0-999/1000', undefined, BYTES],
    [200, undefined, { offset: 0, length: 1_000 }, BYTES],
    [206, 'bytes 100-1099/2000', { offset: 0, length: 1_000 }, BYTES],
    [206, 'bytes 0-999/1000', { offset: 0, length: 1_000 }, Buffer.alloc(1_001)],
    [206, 'bytes 0-999/1000', { offset: 0, length: 1_000 }, BYTES.subarray(1)],
    [206, undefined, { offset: 0, length: 1_000 }, BYTES],
  ])('status %i with Content-Range %s where %j is asked for', async (status, range, byteRange, body) => {
    const host = await serve((_, res) => {
      res.writeHead(status, range === undefined ? {} : { 'Content-Range': range }).end(body);
    });
    await expect(read(host, '/a.ts', byteRange)).rejects.toThrow();
  });

  it('a byte range of what is encoded', async () => {
    const headers = { 'Content-Range': 'bytes 0-9/100', 'Content-Encoding': 'gzip' };
    const host = await serve((_, res) => void res.writeHead(206, headers).end(gzipSync(Buffer.alloc(10))));
    await expect(read(host, '/a.ts', { offset: 0, length: 10 })).rejects.toThrow('a byte range of something encoded');
  });

  it('but a whole one is', async () => {
    const host = await serve((req, res) => {
      if (req.url === '/chunked.ts') res.write(BYTES.subarray(0, 500), () => res.end(BYTES.subarray(500)));
      else res.writeHead(206, { 'Content-Range': 'bytes 0-999/*' }).end(BYTES);
    });
    expect(await read(host, '/chunked.ts')).toMatchObject({ bytes: BYTES });
    expect(await read(host, '/a.ts', { offset: 0, length: 1_000 })).toMatchObject({ bytes: BYTES });
  });
});

describe('Content-Encoding', () => {
  it.each([
    ['', BYTES],
    ['identity', BYTES],
    ['utf-8', BYTES],
    ['aws-chunked', BYTES],
    ['aws-chunked, identity', BYTES],
    // No name of those of a coding: Chromium decodes nothing.
    ['utf-8, gzip', BYTES],
    ['gzip, br', brotliCompressSync(gzipSync(BYTES))],
    ['GZIP', gzipSync(BYTES)],
  ])('"%s" leaves a segment its bytes', async (encoding, body) => {
    const host = await serve((_, res) => void res.writeHead(200, { 'Content-Encoding': encoding }).end(body));
    expect(await read(host)).toMatchObject({ bytes: BYTES });
  });

  it('that is not known is told to the operator with the URL, without its secrets', async () => {
    const errors: string[] = [];
    const host = await serve((_, res) => void res.writeHead(200, { 'Content-Encoding': 'dcb' }).end(BYTES));
    const onError = (error: unknown) => void errors.push(String(error));
    const magnetizer = createMagnetizer({ ...readerFor(host), timeBudget: 5_000, onError });
    await magnetizer.magnetize('#EXTM3U\n#EXTINF:4,\na.ts?sig=secret\n', { url: `http://u:secret@${host}/i.m3u8` });
    expect(errors).toEqual([`HttpReadError: Content-Encoding: dcb: http://${host}/a.ts?sig=…`]);
  });

  it.each(['', 'utf-8', 'aws-chunked'])('"%s" of a playlist is no encoding to the Fetch handler', async (encoding) => {
    const magnetizer = createMagnetizer({ readSegment: async () => BYTES });
    const text = '#EXTM3U\n#EXTINF:4,\na.ts\n';
    const handler = createFetchHandler(
      magnetizer,
      () => new Response(text, { headers: { 'content-encoding': encoding } }),
    );
    const response = await handler(new Request('http://a.example/i.m3u8'));
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(readMagnets(await response.text())).toHaveLength(1);
  });
});

describe('credentials in a URL', () => {
  const basic = `Basic ${Buffer.from('us er:pa:ss').toString('base64')}`;

  it('become an Authorization header for their origin, and are told to no other', async () => {
    const asked: [string, string | undefined][] = [];
    const note = (name: string, req: IncomingMessage) => asked.push([`${name}${req.url}`, req.headers.authorization]);
    const other = await serve((req, res) => {
      note('other', req);
      res.end(BYTES);
    });
    const host = await serve((req, res) => {
      note('own', req);
      if (req.url === '/a.ts') res.writeHead(302, { Location: '/b.ts' }).end();
      else if (req.url === '/b.ts') res.writeHead(302, { Location: `http://${other}/c.ts` }).end();
      else res.end(BYTES);
    });
    const reader = readerFor(host, other);
    const playlistUrl = `http://us%20er:pa%3Ass@${host}/i.m3u8`;
    await reader.readSegment({ url: new URL('a.ts', playlistUrl).href, playlistUrl }, options);
    await reader.readSegment({ url: `http://${host}/d.ts`, playlistUrl }, options);
    await reader.readSegment({ url: `http://${other}/e.ts`, playlistUrl }, options);
    expect(asked).toEqual([
      ['own/a.ts', basic],
      ['own/b.ts', basic],
      ['other/c.ts', undefined],
      ['own/d.ts', basic],
      ['other/e.ts', undefined],
    ]);
  });

  it('and tokens stand in no message', async () => {
    const host = await serve((req, res) => {
      const location = req.url?.startsWith('/r') ? 'ftp://u:secret@h/?x=secret' : 'http://[secret';
      if (req.url?.startsWith('/4')) res.writeHead(401).end();
      else res.writeHead(302, { Location: location }).end();
    });
    const reader = readerFor(host);
    for (const path of ['4', 'r', 'x']) {
      const url = `http://u:secret@${host}/${path}?token=secret`;
      const message = await reader.readSegment({ url, playlistUrl: url }, options).then(String, String);
      expect(message).toMatch(/^HttpReadError: /);
      if (path !== 'x') expect(message).not.toContain('secret');
    }
  });
});

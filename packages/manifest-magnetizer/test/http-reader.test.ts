import { createServer, type RequestListener, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { listen } from '../../../harness/serve.mjs';
import { ForbiddenAddressError, httpReader } from '../src/node/index.js';

const BYTES = Buffer.alloc(50_000, 'x');
const signal = AbortSignal.timeout(20_000);
const options = { signal, maxLength: 60_000 };

let server: Server | undefined;
let reader: ReturnType<typeof httpReader> | undefined;
afterEach(async () => {
  await reader?.close();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
});

async function serve(handler: RequestListener): Promise<string> {
  server = createServer(handler);
  const host = `127.0.0.1:${await listen(server)}`;
  reader = httpReader({ allowHosts: [host], retryDelay: 1 });
  return `http://${host}`;
}

const read = (url: string, byteRange?: { offset: number; length: number }) =>
  (reader ?? httpReader()).readSegment({ url, byteRange, playlistUrl: url }, options);

describe('httpReader', () => {
  it('reads a segment with its validator, asking for no encoding', async () => {
    const origin = await serve((req, res) => {
      expect(req.headers['accept-encoding']).toBe('identity');
      res.writeHead(200, { ETag: '"1"' }).end(BYTES);
    });
    expect(await read(`${origin}/a.ts`)).toEqual({ bytes: BYTES, validator: '"1"' });
    expect(await reader?.validateSegment({ url: `${origin}/a.ts`, playlistUrl: origin }, options)).toBe('"1"');
  });

  it('decodes an answer that is compressed anyway, up to the size limit', async () => {
    let body = gzipSync(BYTES);
    const origin = await serve((_req, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(body));
    expect(await read(`${origin}/a.ts`)).toMatchObject({ bytes: BYTES });
    body = gzipSync(Buffer.alloc(50_000_000));
    await expect(read(`${origin}/a.ts`)).rejects.toThrow(RangeError);
  });

  it('takes a byte range from a 206 with that range, and from nothing else', async () => {
    const answers: [number, string][] = [
      [206, 'bytes 10-19/100'],
      [200, 'bytes 10-19/100'],
      [206, 'bytes 10-18/100'],
      [206, 'none'],
    ];
    const origin = await serve((req, res) => {
      expect(req.headers.range).toBe('bytes=10-19');
      const [status, range] = answers.shift() ?? [500, ''];
      res.writeHead(status, { 'Content-Range': range }).end(BYTES.subarray(0, 10));
    });
    const range = { offset: 10, length: 10 };
    expect(await read(`${origin}/a.ts`, range)).toMatchObject({ bytes: BYTES.subarray(0, 10) });
    await expect(read(`${origin}/a.ts`, range)).rejects.toThrow('status 200 instead of 206');
    await expect(read(`${origin}/a.ts`, range)).rejects.toThrow('bytes 10-18/100 instead of bytes 10-19/');
    await expect(read(`${origin}/a.ts`, range)).rejects.toThrow('none instead of');
  });

  it('tries again after 5xx and broken connections, not after 404', async () => {
    let requests = 0;
    const origin = await serve((req, res) => {
      requests++;
      if (req.url === '/gone.ts') res.writeHead(404).end();
      else if (requests === 1) res.writeHead(503).end();
      else if (requests === 2) res.socket?.destroy();
      else res.end(BYTES);
    });
    expect(await read(`${origin}/a.ts`)).toMatchObject({ bytes: BYTES });
    expect(requests).toBe(3);
    await expect(read(`${origin}/gone.ts`)).rejects.toMatchObject({ name: 'HttpReadError', status: 404 });
    expect(requests).toBe(4);
  });

  it('follows five redirects, and no more', async () => {
    const origin = await serve((req, res) => {
      const left = Number(req.url?.slice(1));
      if (left === 0) res.end(BYTES);
      else res.writeHead(302, { Location: `/${left - 1}` }).end();
    });
    expect(await read(`${origin}/5`)).toMatchObject({ bytes: BYTES });
    await expect(read(`${origin}/6`)).rejects.toThrow('more than 5 redirects');
  });

  it.each(['file:///etc/passwd', 'ftp://example.org/'])('does not follow a redirect to %s', async (location) => {
    const origin = await serve((_req, res) => res.writeHead(302, { Location: location }).end());
    await expect(read(`${origin}/a.ts`)).rejects.toThrow('redirected to');
  });

  it('refuses hosts with addresses that are not public, by name, as literals and at a redirect', async () => {
    const origin = await serve((_req, res) =>
      res.writeHead(302, { Location: 'http://[::ffff:169.254.169.254]/' }).end(),
    );
    await expect(read(`${origin}/a.ts`)).rejects.toThrow(ForbiddenAddressError);
    for (const host of ['localhost', '127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0.0.0.0']) {
      await expect(read(`http://${host}:1/a.ts`)).rejects.toThrow(ForbiddenAddressError);
    }
  });
});

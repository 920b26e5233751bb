import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import type { CliStats } from '../../../harness/cli.mjs';
import { SharedRead, TooLongError } from '../src/upstream/shared-read.js';
import { closeAll, type Handler, media, serve, until, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(120_000);
afterEach(closeAll);

const WHOLE = 'x'.repeat(1000);

/** Ends the connection after these bytes. */
const raw =
  (head: string, body: string): Handler =>
  (req) => {
    const socket = req.socket as Socket;
    socket.end(`HTTP/1.1 ${head}\r\n\r\n${body}`);
  };

const wrong: [string, Handler][] = [
  ['is shorter than its Content-Length', raw('200 OK\r\nContent-Length: 1000', 'x'.repeat(500))],
  ['is chunked, and ends at half', raw('200 OK\r\nTransfer-Encoding: chunked', `1f4\r\n${'x'.repeat(500)}\r\n`)],
  [
    'is gzip, and ends at half',
    raw('200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 18', '\x1f\x8b\x08\0\0\0\0\0\0\x03'),
  ],
  [
    'is reset',
    (_, res) => void res.writeHead(200, { 'Content-Length': 1000 }).write('x'.repeat(500), () => res.destroy()),
  ],
];

describe('a segment that', () => {
  it.each(wrong)('%s breaks off for viewers, is not kept, and has no magnet', async (_, handler) => {
    const upstream = await upstreamWith({ '/live.m3u8': media('#EXTINF:2,\na.ts\n'), '/a.ts': handler });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
    const [uri = ''] = uris(await feed.playlist());
    for (let i = 0; i < 2; i++) await expect(feed.get(uri).then((answer) => answer.text())).rejects.toThrow();
    expect(readMagnets(await feed.playlist())).toEqual([]);
    expect(await (await feed.get('stats.json')).json()).toMatchObject({ segmentsHashed: 0 });
    // The next one is whole.
    upstream.handlers['/a.ts'] = WHOLE;
    expect(await (await feed.get(uri)).text()).toBe(WHOLE);
  });

  it('breaks off each time is named to the operator, once, without secrets', async () => {
    const broken = raw('200 OK\r\nContent-Length: 1000', 'x'.repeat(500));
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts?token=s3cret\n#EXTINF:2,\nb.ts?token=s3cret\n'),
      '/a.ts': broken,
      '/b.ts': broken,
    });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
    await until(async () => {
      await feed.playlist();
      return upstream.asked.filter(({ path }) => path.startsWith('/a.ts')).length > 3;
    });
    expect(feed.warnings).toEqual([
      expect.stringMatching(/\/[ab]\.ts: broke off: .*; such segments play without peers$/),
    ]);
  });

  it('comes when its viewer has gone is no failure', async () => {
    const held: (() => void)[] = [];
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_, res) => {
        held.push(() => void res.end(WHOLE));
      },
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    const leaves = new AbortController();
    const left = feed.get(uri, { signal: leaves.signal }).catch(() => 'left');
    const requests = async () => ((await (await feed.get('stats.json')).json()) as CliStats).segmentRequests;
    await until(async () => (await requests()) === 1);
    leaves.abort();
    expect(await left).toBe('left');
    // The server knows by now.
    await feed.get('stats.json');
    await until(async () => {
      for (const answer of held.splice(0)) answer();
      return readMagnets(await feed.playlist()).length === 1;
    });
    expect(feed.warnings).toEqual([]);
  });

  it.each([
    [206, 'bytes 0-499/1000', 'x'.repeat(500)],
    [204, undefined, ''],
  ])('is answered with %i reaches viewers as it is, and has no magnet', async (status, range, body) => {
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_, res) => void res.writeHead(status, range === undefined ? {} : { 'Content-Range': range }).end(body),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    const answer = await feed.get(uri);
    expect([answer.status, await answer.text()]).toEqual([status, body]);
    expect(answer.headers.get('content-range')).toBe(range ?? null);
    expect(readMagnets(await feed.playlist())).toEqual([]);
  });
});

describe('a byte range', () => {
  const LIVE = media('#EXTINF:2,\n#EXT-X-BYTERANGE:100@0\na.ts\n#EXTINF:2,\n#EXT-X-BYTERANGE:100@100\na.ts\n');
  it.each([
    ['another range', 'bytes 1-100/1000', 'y'.repeat(100)],
    ['more than it says', 'bytes 0-99/1000', 'y'.repeat(150)],
    ['less than it says', 'bytes 0-99/1000', 'y'.repeat(50)],
    ['no Content-Range', undefined, 'y'.repeat(100)],
  ])('that is answered with %s has no magnet, and reaches viewers as it is', async (_, range, body) => {
    const upstream = await upstreamWith({
      '/live.m3u8': LIVE,
      '/a.ts': (_req, res) => void res.writeHead(206, range === undefined ? {} : { 'Content-Range': range }).end(body),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const playlist = await feed.playlist();
    expect(readMagnets(playlist)).toEqual([]);
    const answer = await feed.get(uris(playlist)[0] ?? '', { headers: { Range: 'bytes=0-99' } });
    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([
      206,
      range ?? null,
      body,
    ]);
    expect(readMagnets(await feed.playlist())).toEqual([]);
  });
});

it('a byte range that is a segment is read once from the upstream, for its magnet and for all viewers', async () => {
  const upstream = await upstreamWith({
    '/live.m3u8': media('#EXTINF:2,\n#EXT-X-BYTERANGE:100@100\na.ts\n'),
    '/a.ts': (_, res) => void res.writeHead(206, { 'Content-Range': 'bytes 100-199/1000' }).end('y'.repeat(100)),
  });
  const feed = await serve(`${upstream.url}live.m3u8`);
  const playlist = await feed.playlist();
  expect(readMagnets(playlist).map(({ length }) => length)).toEqual([100]);
  for (let i = 0; i < 2; i++) {
    const answer = await feed.get(uris(playlist)[0] ?? '', { headers: { Range: 'bytes=100-199' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([206, 'bytes 100-199/1000']);
    expect(await answer.text()).toBe('y'.repeat(100));
  }
  expect(upstream.of('/a.ts').filter(({ headers }) => headers.origin === undefined)).toHaveLength(1);
});

it('viewers may keep a segment as long as the upstream says, and nobody says anything in its place', async () => {
  const upstream = await upstreamWith({
    '/live.m3u8': media('#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n'),
    '/a.ts': 'a',
    '/b.ts': (_, res) => void res.writeHead(200, { 'Cache-Control': 'max-age=7' }).end('b'),
  });
  const feed = await serve(`${upstream.url}live.m3u8`);
  const answers = await Promise.all(uris(await feed.playlist()).map((uri) => feed.get(uri)));
  expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual([null, 'max-age=7']);
});

describe('a segment above 64 MiB', () => {
  const MIB = 1024 * 1024;
  const LENGTH = 70 * MIB;

  it.each([
    ['of a known length', true],
    ['of an unknown length', false],
  ])('%s streams through completely, is not kept, and the operator hears of it once', async (_, told) => {
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_req, res) => {
        res.writeHead(200, told ? { 'Content-Length': LENGTH } : {});
        let left = LENGTH / MIB;
        const more = (): void => {
          while (left > 0) {
            left--;
            if (!res.write(Buffer.alloc(MIB, left))) return void res.once('drain', more);
          }
          res.end();
        };
        more();
      },
    });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
    const [uri = ''] = uris(await feed.playlist());
    for (let i = 0; i < 2; i++) {
      const answer = await feed.get(uri);
      expect((await answer.arrayBuffer()).byteLength).toBe(LENGTH);
    }
    await until(() => feed.warnings.length > 0);
    await feed.playlist();
    expect(feed.warnings).toEqual([
      `${upstream.url}a.ts: is longer than 67108864 bytes; such segments play without peers`,
    ]);
  });

  it('is read from the upstream no faster than its viewer takes it', async () => {
    let sent = 0;
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_req, res) => {
        res.writeHead(200, { 'Content-Length': 4 * LENGTH });
        const more = (): void => {
          do sent += MIB;
          while (res.write(Buffer.alloc(MIB)) && sent < 4 * LENGTH);
          res.once('drain', more);
        };
        more();
      },
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    await until(() => feed.warnings.length > 0);
    sent = 0;
    const viewer = request(new URL(uri, feed.url)).end();
    const [res] = await once(viewer, 'response');
    res.pause();
    // What fills the sockets between upstream and viewer does not grow any more.
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sent).toBeLessThan(40 * MIB);
    viewer.destroy();
  });
});

describe('a body that is read once for many', () => {
  async function* source(count: number, taken: () => void): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      taken();
      yield Uint8Array.of(i);
    }
  }
  const all = async (chunks: AsyncIterable<Uint8Array>): Promise<number[]> => {
    const bytes: number[] = [];
    for await (const chunk of chunks) bytes.push(...chunk);
    return bytes;
  };

  it('is whole for each who joins, and for who wants all of it', async () => {
    const read = new SharedRead(
      source(5, () => {}),
      10,
    );
    expect(await Promise.all([all(read.chunks()), read.whole, all(read.chunks())])).toEqual([
      [0, 1, 2, 3, 4],
      Buffer.of(0, 1, 2, 3, 4),
      [0, 1, 2, 3, 4],
    ]);
  });

  it('goes on to its reader beyond the limit, which holds no more than that', async () => {
    let held = 0;
    const reads: SharedRead[] = [];
    const look = (): void => {
      held = Math.max(held, reads[0]?.held ?? 0);
    };
    const read = new SharedRead(source(50, look), 10);
    reads.push(read);
    expect(await all(read.chunks())).toHaveLength(50);
    await expect(read.whole).rejects.toBeInstanceOf(TooLongError);
    expect(held).toBeLessThanOrEqual(11);
    await expect(all(read.chunks())).rejects.toBeInstanceOf(TooLongError);
  });

  it('is read no further than the limit beyond its only reader, and not at all without one', async () => {
    let taken = 0;
    const read = new SharedRead(
      source(50, () => taken++),
      10,
    );
    const reader = read.chunks();
    await reader.next();
    await expect(read.whole).rejects.toBeInstanceOf(TooLongError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBeLessThanOrEqual(12);
    await reader.return(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBeLessThanOrEqual(13);
  });

  it('cuts off who is the limit behind another, and not that one', async () => {
    const read = new SharedRead(
      source(50, () => {}),
      10,
    );
    const slow = read.chunks();
    await slow.next();
    expect(await all(read.chunks())).toHaveLength(50);
    await expect(all(slow)).rejects.toBeInstanceOf(TooLongError);
  });
});

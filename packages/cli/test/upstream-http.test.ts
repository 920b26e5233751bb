import { Buffer } from 'node:buffer';
import { request } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { readMagnets, stripPlaylist } from '@live-torrent/manifest-magnetizer';
import { readParts } from '@live-torrent/manifest-magnetizer/parts';
import {
  closeAll,
  type HandledUpstream,
  type Handler,
  serve as serveFeed,
  upstreamWith,
  uris,
} from './support/handlers.js';

// Processes and servers take their time on a busy machine.
jest.setTimeout(60_000);

/** What the last server has warned of. */
let noted: readonly string[] = [];
afterEach(closeAll);

/** What an upstream was asked for, a line each. */
const linesOf = ({ asked }: HandledUpstream): string[] => asked.map(({ method, path }) => `${method} ${path}`);

/** Starts the CLI's server; its URL, which ends in a slash. */
async function serve(url: string, ...flags: string[]): Promise<string> {
  const feed = await serveFeed(url, flags);
  noted = feed.warnings;
  return feed.url;
}

const SEGMENTS = '#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n';
const MEDIA = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${SEGMENTS}`;
const FILES = { '/live.m3u8': MEDIA, '/a.ts': 'aaaa', '/b.ts': 'bbbbb' };

describe('the headers of a playlist', () => {
  it('are the upstream’s about type and age, and its own about length and version', async () => {
    const headers = {
      'Content-Type': 'application/x-mpegURL; charset=utf-8',
      'Cache-Control': 'max-age=1, s-maxage=2',
      Date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      Age: '17',
      ETag: '"theirs"',
    };
    const upstream = await upstreamWith({ ...FILES, '/live.m3u8': (_, res) => res.writeHead(200, headers).end(MEDIA) });
    const response = await fetch(`${await serve(`${upstream.url}live.m3u8`, '-r', '600')}manifest.m3u8`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe(headers['Content-Type']);
    expect(response.headers.get('cache-control')).toBe('private, max-age=1');
    expect(response.headers.get('date')).toBe(headers.Date);
    expect(Number(response.headers.get('age'))).toBeGreaterThanOrEqual(17);
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(response.headers.get('etag')).toMatch(/^"[\w-]{27}"$/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-security-policy')).toMatch(/(?:^|; )sandbox$/);
  });

  it('let nobody keep it whose upstream says nothing about that', async () => {
    const upstream = await upstreamWith(FILES);
    const response = await fetch(`${await serve(`${upstream.url}live.m3u8`)}manifest.m3u8`);
    expect(response.headers.get('cache-control')).toBe('private, no-cache');
    expect(response.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
  });

  it('answer 304 to its own ETag', async () => {
    const upstream = await upstreamWith(FILES);
    const url = `${await serve(`${upstream.url}live.m3u8`, '-r', '600')}manifest.m3u8`;
    // Until all segments are hashed, the playlist changes.
    while (readMagnets(await (await fetch(url)).text()).length < 2);
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    const again = await fetch(url, { headers: { 'If-None-Match': `"x", W/${etag}` } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    expect((await fetch(url, { headers: { 'If-None-Match': '"x"' } })).status).toBe(200);
  });

  it('ignore a Range, and HEAD has no body', async () => {
    const upstream = await upstreamWith(FILES);
    const url = `${await serve(`${upstream.url}live.m3u8`)}manifest.m3u8`;
    const ranged = await fetch(url, { headers: { Range: 'bytes=0-6' } });
    expect([ranged.status, stripPlaylist(await ranged.text()).length > 7]).toEqual([200, true]);
    expect(ranged.headers.get('accept-ranges')).toBeNull();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('a playlist of the upstream', () => {
  it('is asked for without coding, and decoded where it has one anyway', async () => {
    const asked: (string | undefined)[] = [];
    const coded =
      (coding: string, body: Buffer): Handler =>
      (req, res) => {
        asked.push(req.headers['accept-encoding']);
        res.writeHead(200, { 'Content-Encoding': coding, 'Content-Length': body.length }).end(body);
      };
    const upstream = await upstreamWith({
      ...FILES,
      '/gzip.m3u8': coded('GZIP', gzipSync(MEDIA)),
      '/br.m3u8': coded('br', brotliCompressSync(MEDIA)),
    });
    for (const name of ['gzip', 'br']) {
      const response = await fetch(`${await serve(`${upstream.url}${name}.m3u8`)}manifest.m3u8`);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(uris(await response.text())).toHaveLength(2);
    }
    expect(new Set(asked)).toEqual(new Set(['identity']));
  });

  it('is refused when it decodes to 200 times its length', async () => {
    const bomb = gzipSync(`#EXTM3U\n${'#\n'.repeat(4_000_000)}`);
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb),
    });
    await expect(serve(`${upstream.url}live.m3u8`)).rejects.toThrow('it decodes to more than 200 times its length');
  });

  it('is not sent again while it still stands, and its new age counts', async () => {
    const conditions: (string | undefined)[] = [];
    const upstream = await upstreamWith({
      ...FILES,
      '/live.m3u8': (req, res) => {
        const condition = req.headers['if-none-match'];
        conditions.push(condition);
        const headers = { ETag: '"v1"', Age: condition === undefined ? '1' : '500' };
        if (condition === '"v1"') res.writeHead(304, headers).end();
        else res.writeHead(200, headers).end(MEDIA);
      },
    });
    const url = `${await serve(`${upstream.url}live.m3u8`, '-r', '0.001')}manifest.m3u8`;
    let response = await fetch(url);
    while (conditions.length < 3) response = await fetch(url);
    response = await fetch(url);
    expect(Number(response.headers.get('age'))).toBeGreaterThanOrEqual(500);
    expect([response.status, uris(await response.text()).length]).toEqual([200, 2]);
    expect(conditions.slice(0, 3)).toEqual([undefined, '"v1"', '"v1"']);
  });

  it('may be redirected five times, and its URIs are relative to the last URL', async () => {
    const redirects: Record<string, Handler> = {};
    for (let i = 0; i < 6; i++) {
      redirects[`/${i}.m3u8`] = (_, res) =>
        res.writeHead(302, { Location: i === 5 ? '/to/live.m3u8' : `/${i + 1}.m3u8` }).end();
    }
    const upstream = await upstreamWith({ ...redirects, '/to/live.m3u8': MEDIA, '/to/a.ts': 'a', '/to/b.ts': 'b' });
    const url = await serve(`${upstream.url}1.m3u8`);
    const [first = ''] = uris(await (await fetch(`${url}manifest.m3u8`)).text());
    expect(await (await fetch(new URL(first, url))).text()).toBe('a');
    await expect(serve(`${upstream.url}0.m3u8`)).rejects.toThrow('0.m3u8: redirects more than 5 times');
  });

  it('may not be redirected to anything but http(s)', async () => {
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) => res.writeHead(302, { Location: 'file:///etc/hostname' }).end(),
    });
    await expect(serve(`${upstream.url}live.m3u8`)).rejects.toThrow(`${upstream.url}live.m3u8: cannot be reached`);
  });
});

describe('delivery directives', () => {
  it('go on byte for byte, and each combination is asked for once', async () => {
    const upstream = await upstreamWith(FILES);
    const base = new URL(await serve(`${upstream.url}live.m3u8?token=a%2Fb`, '-r', '600'));
    // Not by fetch: it would normalize the target.
    const ask = (query: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = base;
        request({ hostname, port, path: `/manifest.m3u8?${query}` }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        })
          .on('error', reject)
          .end();
      });
    const queries = ['_HLS_msn=7&_HLS_part=0', 'x=1&_HLS_msn=%37&_HLS_skip=YES%2Cv2', '_HLS_msn=7&_HLS_part=0', 'x=2'];
    expect(await Promise.all(queries.map(ask))).toEqual([200, 200, 200, 200]);
    const playlists = linesOf(upstream).filter((line) => line.includes('.m3u8'));
    expect(playlists.sort()).toEqual([
      'GET /live.m3u8?token=a%2Fb',
      'GET /live.m3u8?token=a%2Fb&_HLS_msn=%37&_HLS_skip=YES%2Cv2',
      'GET /live.m3u8?token=a%2Fb&_HLS_msn=7&_HLS_part=0',
    ]);
  });

  it('are asked for once, also when their answer is older than a playlist may be', async () => {
    const upstream = await upstreamWith(FILES);
    const url = await serve(`${upstream.url}live.m3u8`, '-r', '0.01');
    expect((await fetch(`${url}manifest.m3u8?_HLS_msn=7`)).status).toBe(200);
    // Reloads of the playlist itself, which is watched, go on meanwhile.
    await fetch(`${url}manifest.m3u8`);
    const asked = (line: string): number => linesOf(upstream).filter((other) => other === line).length;
    while (asked('GET /live.m3u8') < 5) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asked('GET /live.m3u8?_HLS_msn=7')).toBe(1);
  });

  it('are answered when the upstream answers, each with its own playlist', async () => {
    const waiting = new Map<string, () => void>();
    const upstream = await upstreamWith({
      ...FILES,
      '/live.m3u8': (req, res) => {
        const part = /_HLS_part=(\d)/.exec(req.url ?? '')?.[1];
        const answer = (): void => void res.end(`${MEDIA}#EXT-X-PART:DURATION=1,URI="c${part}.ts"\n`);
        if (part === undefined) res.end(MEDIA);
        else waiting.set(part, answer);
      },
    });
    const url = await serve(`${upstream.url}live.m3u8`, '-r', '600');
    const order: string[] = [];
    const ask = async (part: string): Promise<string> => {
      const text = await (await fetch(`${url}manifest.m3u8?_HLS_msn=2&_HLS_part=${part}`)).text();
      order.push(part);
      return text;
    };
    const texts = ['0', '1'].map(ask);
    while (waiting.size < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    // The playlist itself is not held meanwhile.
    expect(uris(await (await fetch(`${url}manifest.m3u8`)).text())).toHaveLength(2);
    expect(order).toEqual([]);
    waiting.get('1')?.();
    expect(await texts[1]).toContain('/c1.ts"');
    expect(order).toEqual(['1']);
    waiting.get('0')?.();
    expect(await texts[0]).toContain('/c0.ts"');
  });

  it.each([
    [['--parts'], [4, 4]],
    [[], [undefined, undefined]],
  ])('name the SHA-1 of parts where %j says so, which are read once', async (flags, lengths) => {
    const parts = '#EXT-X-PART:DURATION=1,URI="c0.ts"\n#EXT-X-PART:DURATION=1,URI="c1.ts"\n';
    const head = MEDIA.replace('#EXTINF', '#EXT-X-PART-INF:PART-TARGET=1\n#EXTINF');
    const upstream = await upstreamWith({ ...FILES, '/live.m3u8': head + parts, '/c0.ts': 'c000', '/c1.ts': 'c111' });
    const url = await serve(`${upstream.url}live.m3u8`, '-r', '0.01', ...flags);
    const read = async () => readParts(await (await fetch(`${url}manifest.m3u8?_HLS_msn=2&_HLS_part=1`)).text(), url);
    while (flags.length > 0 && (await read()).some(({ sha1 }) => sha1 === undefined));
    const found = await read();
    expect(found.map(({ length }) => length)).toEqual(lengths);
    for (const part of found) await fetch(part.url ?? '');
    // The newest is also asked whether pages of other origins may read it.
    const reads = [...upstream.of('/c0.ts'), ...upstream.of('/c1.ts')].filter(({ headers }) => !headers.origin);
    expect(reads).toHaveLength(2);
  });

  it('get the upstream’s answer while segments are still being read', async () => {
    let release = (): void => {};
    const upstream = await upstreamWith({
      ...FILES,
      '/live.m3u8': (req, res) => res.end(req.url?.includes('_HLS_msn') ? `${MEDIA}#EXTINF:2,\nlate.ts\n` : MEDIA),
      '/late.ts': (_, res) => {
        release = () => res.end('late');
      },
    });
    const url = await serve(`${upstream.url}live.m3u8`);
    const text = await (await fetch(`${url}manifest.m3u8?_HLS_msn=2`)).text();
    expect(uris(text)).toHaveLength(3);
    expect(readMagnets(text).length).toBeLessThan(3);
    release();
  });
});

describe('variables', () => {
  it('that a rendition imports are substituted in its URIs, and in the URIs of renditions', async () => {
    const upstream = await upstreamWith({
      '/top.m3u8':
        '#EXTM3U\n#EXT-X-DEFINE:NAME="dir",VALUE="deep"\n#EXT-X-DEFINE:QUERYPARAM="q"\n' +
        '#EXT-X-STREAM-INF:BANDWIDTH=1\n{$dir}/media.m3u8?t={$q}\n',
      '/deep/media.m3u8':
        '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-DEFINE:IMPORT="dir"\n#EXT-X-DEFINE:IMPORT="q"\n' +
        '#EXT-X-MAP:URI="/{$dir}/{$q}.mp4"\n#EXTINF:2,\n/{$dir}/{$q}.m4s\n',
      '/deep/7.m4s': 'segment',
      '/deep/7.mp4': 'init',
    });
    const url = await serve(`${upstream.url}top.m3u8?q=7`);
    const [rendition = ''] = uris(await (await fetch(`${url}manifest.m3u8`)).text());
    const media = await (await fetch(new URL(rendition, url))).text();
    expect(linesOf(upstream)).toContain('GET /deep/media.m3u8?t=7');
    expect(await (await fetch(new URL(uris(media)[0] ?? '', url))).text()).toBe('segment');
    expect(await (await fetch(new URL(/URI="([^"]*)"/.exec(media)?.[1] ?? '', url))).text()).toBe('init');
    expect(readMagnets(media)).toHaveLength(1);
  });
});

describe('addresses that are not public', () => {
  /** An upstream by address, and the same server by names that are not the upstream's. */
  async function withForeignSegments(): Promise<HandledUpstream & { port: string }> {
    let port = '';
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) => {
        const hosts = [`localhost:${port}`, `[::ffff:7f00:1]:${port}`];
        const foreign = hosts.map((host) => `#EXTINF:2,\nhttp://${host}/secret.ts\n`).join('');
        res.end(`${MEDIA}#EXTINF:2,\nelsewhere.ts\n${foreign}`);
      },
      '/elsewhere.ts': (_, res) => res.writeHead(302, { Location: `http://localhost:${port}/secret.ts` }).end(),
      '/a.ts': 'aaaa',
      '/b.ts': 'bbbbb',
      '/secret.ts': 'secret',
    });
    port = new URL(upstream.url).port;
    return { ...upstream, port };
  }

  it('are refused for other hosts than the upstream’s, redirects and mapped IPv6 included', async () => {
    const upstream = await withForeignSegments();
    const base = await serve(`${upstream.url}live.m3u8`);
    const text = await (await fetch(`${base}manifest.m3u8`)).text();
    const answers = await Promise.all(uris(text).map((uri) => fetch(new URL(uri, base))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 502, 502, 502]);
    expect(noted.join()).toMatch(/localhost has the address \S+, which is not public.*--allow-host/);
    expect(await answers[3]?.text()).toBe('secret.ts: cannot be reached\n');
    expect(linesOf(upstream).filter((line) => line.includes('secret'))).toEqual([]);
  });

  it('are reached where --allow-host names the host, with or without its port', async () => {
    const { url, port } = await withForeignSegments();
    for (const host of ['LOCALHOST', `localhost:${port}`]) {
      const base = await serve(`${url}live.m3u8`, '--allow-host', host);
      const text = await (await fetch(`${base}manifest.m3u8`)).text();
      const answers = await Promise.all(uris(text).map((uri) => fetch(new URL(uri, base))));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 502]);
    }
    const elsewhere = await serve(`${url}live.m3u8`, '--allow-host', 'localhost:1');
    const text = await (await fetch(`${elsewhere}manifest.m3u8`)).text();
    expect((await fetch(new URL(uris(text)[3] ?? '', elsewhere))).status).toBe(502);
  });
});

import { jest } from '@jest/globals';
import { parseOptions } from '../src/options.js';
import { closeAll, type Handler, media, outputOf, serve, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(60_000);
afterEach(closeAll);

const BASIC = `Basic ${Buffer.from('us er:zu@gang').toString('base64')}`;
const withLogin = (url: string): string => url.replace('//', '//us%20er:zu%40gang@');
const guarded =
  (body: string, headers: Record<string, string> = {}): Handler =>
  (req, res) => {
    if (req.headers.authorization === BASIC) res.writeHead(200, headers).end(body);
    else res.writeHead(401, { 'WWW-Authenticate': 'Basic', ...headers }).end();
  };
const LIVE = media('#EXT-X-KEY:METHOD=AES-128,URI="k.bin"\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts?token=s3cret\n');

describe('a user and password in -u', () => {
  it('are sent to the upstream’s origin, with playlists, segments and keys', async () => {
    const upstream = await upstreamWith({
      '/live.m3u8': guarded(LIVE),
      '/a.ts': guarded('aaaa'),
      '/b.ts': guarded('bbbb'),
      '/k.bin': guarded('key'),
    });
    const feed = await serve(withLogin(`${upstream.url}live.m3u8`));
    const playlist = await feed.playlist();
    const key = /URI="([^"]*)"/.exec(playlist)?.[1] ?? '';
    const bodies = await Promise.all([...uris(playlist), key].map(async (uri) => (await feed.get(uri)).text()));
    expect(bodies).toEqual(['aaaa', 'bbbb', 'key']);
  });

  it('are not sent to other origins, which redirects or playlists lead to', async () => {
    const elsewhere = await upstreamWith({ '/to.ts': 'to', '/c.ts': 'c', '/k.bin': 'key' });
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) =>
        void res.end(
          media(
            `#EXT-X-KEY:METHOD=AES-128,URI="${elsewhere.url}k.bin"\n#EXTINF:2,\nto.ts\n#EXTINF:2,\n${elsewhere.url}c.ts\n`,
          ),
        ),
      '/to.ts': (_, res) => void res.writeHead(302, { Location: `${elsewhere.url}to.ts` }).end(),
    });
    const host = new URL(elsewhere.url).host;
    const feed = await serve(withLogin(`${upstream.url}live.m3u8`), ['--allow-host', host]);
    const playlist = await feed.playlist();
    const key = /URI="([^"]*)"/.exec(playlist)?.[1] ?? '';
    const bodies = await Promise.all([...uris(playlist), key].map(async (uri) => (await feed.get(uri)).text()));
    expect(bodies).toEqual(['to', 'c', 'key']);
    expect(elsewhere.asked.length).toBeGreaterThanOrEqual(3);
    expect(elsewhere.asked.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    // But for the question of what pages may read.
    const asked = upstream.of('/to.ts').filter(({ headers }) => headers.origin === undefined);
    expect(asked.every(({ headers }) => headers.authorization === BASIC)).toBe(true);
  });

  it('come back with a redirect that comes back', async () => {
    const elsewhere = await upstreamWith({});
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) => void res.writeHead(302, { Location: `${elsewhere.url}away` }).end(),
      '/back.m3u8': guarded(media('')),
    });
    elsewhere.handlers['/away'] = (_, res) => void res.writeHead(307, { Location: `${upstream.url}back.m3u8` }).end();
    const feed = await serve(withLogin(`${upstream.url}live.m3u8`), ['--allow-host', new URL(elsewhere.url).host]);
    expect((await feed.get('manifest.m3u8')).status).toBe(200);
  });

  it('keep viewers from the upstream, whose CORS headers allow them what it refuses', async () => {
    const cors = { 'Access-Control-Allow-Origin': '*' };
    const upstream = await upstreamWith({
      '/live.m3u8': guarded(LIVE, cors),
      '/a.ts': guarded('aaaa', cors),
      '/b.ts': guarded('bbbb', cors),
    });
    const feed = await serve(withLogin(`${upstream.url}live.m3u8`));
    expect(uris(await feed.playlist()).map((uri) => uri.slice(0, 3))).toEqual(['/s/', '/s/']);
  });
});

it('a user and password that a playlist names are sent to that origin, and are not in viewers’ playlists', async () => {
  const upstream = await upstreamWith({ '/a.ts': guarded('aaaa'), '/b.ts': guarded('bbbb') });
  upstream.handlers['/live.m3u8'] = media(`#EXTINF:2,\n${withLogin(upstream.url)}a.ts\n#EXTINF:2,\nb.ts\n`);
  const feed = await serve(`${upstream.url}live.m3u8`);
  const playlist = await feed.playlist();
  expect(playlist).not.toMatch(/gang|us%20er/);
  const answers = await Promise.all(uris(playlist).map(async (uri) => (await feed.get(uri)).text()));
  expect(answers).toEqual(['aaaa', 'bbbb']);
});

describe('nobody reads secrets:', () => {
  const SECRET = /zu.{0,3}gang|s3cret/;

  it('neither in the log, with -v, nor in playlists, answers and figures', async () => {
    const upstream = await upstreamWith({
      '/live.m3u8': guarded(LIVE),
      '/a.ts': (_, res) => void res.writeHead(403).end(),
      '/b.ts': (_, res) => void res.destroy(),
    });
    let seen = '';
    const argv = ['-u', withLogin(`${upstream.url}live.m3u8?token=s3cret`), '-p', '0', '-v', '-r', '0.01'];
    const output = await outputOf([...argv, '--tracker-secret', 'zugang', '--ice', 'turn:u:s3cret@h'], async (url) => {
      const text = await (await fetch(`${url}manifest.m3u8`)).text();
      seen += text;
      for (const uri of [...uris(text), '/stats.json', '/', '/nowhere?token=s3cret', '/s/0123456789abcdef/x']) {
        const answer = await fetch(new URL(uri, url));
        seen += `${[...answer.headers].join()}\n${await answer.text()}`;
      }
    });
    expect(seen).not.toMatch(SECRET);
    expect(output).toMatch(/^\/s\/[\w-]{16}\/b\.ts$/m);
    expect(output).not.toMatch(SECRET);
  });

  it('nor where the upstream refuses, or cannot be reached', async () => {
    const upstream = await upstreamWith({ '/live.m3u8': (_, res) => void res.writeHead(401).end() });
    for (const url of [withLogin(`${upstream.url}live.m3u8?token=s3cret`), 'http://us:zu-gang@127.0.0.1:1/?s3cret']) {
      const output = await outputOf(['-u', url, '-p', '0'], async () => {});
      expect(output).toMatch(/live-torrent: -u http/);
      expect(output).not.toMatch(SECRET);
    }
  });

  it.each([
    ['-u', 'htp://us:s3cret@host/'],
    ['-u', 'us:s3cret@host/live.m3u8'],
    ['-u', 'http://us:s3/cret@host/'],
    ['-u', 'http://host/', '--announce', 'wss://us:s3cret@host/'],
    ['-u', 'http://host/', '--announce', 'https://host/?token=s3cret'],
    ['-u', 'http://host/', '--allow-host', 'us:s3cret@host'],
    ['-u', 'http://host/', '--ice', 'alice:s3cret@turn.example:3478'],
    ['-u', 'http://host/', '--ice', 'turn:alice:s3cret:turn.example:3478'],
    ['-u', 'http://host/', '--header', 'Authorization s3cret'],
    ['-u', 'http://host/', '--header', 'Range: s3cret'],
    ['-u', 'http://host/', '--header', 'X: s3cret\n'.repeat(2)],
    ['-f', 'x', '--header', 'Authorization: s3cret'],
    ['-f', 'x', 'http://us:s3cret@host/'],
  ])('nor what is wrong with %s %s %s %s', (...argv) => {
    expect(() => parseOptions(argv)).toThrow();
    expect(() => parseOptions(argv)).not.toThrow(/s3/);
  });
});

import { request } from 'node:http';
import { jest } from '@jest/globals';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import { closeAll, type Handler, media, serve, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(60_000);
afterEach(closeAll);

const SEGMENTS = { '/a.ts': 'aaaa', '/b.ts': 'bbbbb' };
const LIVE = media('#EXT-X-KEY:METHOD=AES-128,URI="k.bin"\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n');
const keyOf = (playlist: string): string => /URI="([^"]*)"/.exec(playlist)?.[1] ?? '';

/** Not by fetch: it sets neither Cookie nor Host. */
function get(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (res) => {
      let text = '';
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('a key that goes through here', () => {
  const forMembers: Handler = (req, res) => {
    const { authorization, cookie } = req.headers;
    if (authorization === 'Bearer member' || cookie?.includes('member=1')) res.end('the key');
    else res.writeHead(403).end();
  };

  it('is given to those only to whom the upstream gives it, and nobody keeps it', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE, '/k.bin': forMembers });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const key = keyOf(await feed.playlist());
    const ask = async (authorization: string) => feed.get(key, { headers: { Authorization: authorization } });
    const member = await ask('Bearer member');
    expect([member.status, await member.text()]).toEqual([200, 'the key']);
    expect(member.headers.get('cache-control')).toBe('no-store');
    expect((await ask('Bearer other')).status).toBe(403);
    expect((await feed.get(key)).status).toBe(403);
    expect(await (await ask('Bearer member')).text()).toBe('the key');
    expect(upstream.of('/k.bin').filter(({ headers }) => headers.origin === undefined)).toHaveLength(4);
    // A flag of ours would open the key to every viewer.
    expect(feed.warnings).toEqual([]);
  });

  it('is kept by viewers where the upstream says so', async () => {
    const kept: Handler = (_, res) => void res.writeHead(200, { 'Cache-Control': 'private, max-age=9' }).end('key');
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE, '/k.bin': kept });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const answer = await feed.get(keyOf(await feed.playlist()));
    expect(answer.headers.get('cache-control')).toBe('private, max-age=9');
  });

  it('is asked for with the viewer’s cookies where the upstream is of our site, for pages of it', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE, '/k.bin': forMembers });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const key = new URL(keyOf(await feed.playlist()), feed.url).href;
    const status = async (headers: Record<string, string>): Promise<number> => (await get(key, headers)).status;
    const cookie = { Cookie: 'member=1' };
    expect(await status(cookie)).toBe(200);
    expect(await status({ ...cookie, Origin: 'http://127.0.0.1:9' })).toBe(200);
    expect(await status({ ...cookie, Origin: 'https://evil.example' })).toBe(403);
    expect(await status({ ...cookie, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    // By this name, the viewer's cookies are those of another host than the upstream's.
    expect(await status({ ...cookie, Host: 'watch.example' })).toBe(403);
  });

  it('is asked for without what the browser sends by itself to a guard in front of us', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE, '/k.bin': 'key' });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const key = new URL(keyOf(await feed.playlist()), feed.url).href;
    await get(key, { Authorization: 'Basic Z3VhcmQ=', 'Sec-Fetch-Site': 'same-origin' });
    await get(key, { Authorization: 'Basic cGxheWVy' });
    const asked = upstream.of('/k.bin').filter(({ headers }) => headers.origin === undefined);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Basic cGxheWVy']);
  });

  it('is not asked for with the viewer’s Authorization at another host that it leads to', async () => {
    const elsewhere = await upstreamWith({ '/k': 'key' });
    const upstream = await upstreamWith({
      ...SEGMENTS,
      '/live.m3u8': LIVE,
      '/k.bin': (_, res) => void res.writeHead(302, { Location: `${elsewhere.url}k` }).end(),
    });
    const feed = await serve(`${upstream.url}live.m3u8`, ['--allow-host', '127.0.0.1']);
    const answer = await feed.get(keyOf(await feed.playlist()), { headers: { Authorization: 'Bearer member' } });
    expect(await answer.text()).toBe('key');
    expect(elsewhere.of('/k').map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('leaves no session behind that another viewer would have', async () => {
    const upstream = await upstreamWith({
      ...SEGMENTS,
      '/live.m3u8': LIVE,
      '/k.bin': (req, res) => {
        if (req.headers.authorization) res.setHeader('Set-Cookie', 'member=1');
        forMembers(req, res);
      },
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const key = keyOf(await feed.playlist());
    const member = await feed.get(key, { headers: { Authorization: 'Bearer member' } });
    expect([member.status, member.headers.get('set-cookie')]).toEqual([200, null]);
    expect((await feed.get(key)).status).toBe(403);
  });
});

describe('what is another one for each viewer', () => {
  it.each([
    ['a steering manifest', '#EXT-X-CONTENT-STEERING:SERVER-URI="k.bin"\n'],
    ['a list of interstitials', '#EXT-X-DATERANGE:ID="i",X-ASSET-LIST="k.bin"\n'],
    ['what a vendor names', '#EXT-X-VENDOR:X-URI="k.bin"\n'],
  ])('%s is asked for by each with its own credentials and directives, and not kept', async (_, line) => {
    const upstream = await upstreamWith({
      ...SEGMENTS,
      '/live.m3u8': media(`${line}#EXTINF:2,\na.ts\n`),
      '/k.bin': ({ headers, url = '' }, res) => void res.end(`${headers.authorization} ${url.split('?')[1]}`),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const uri = /(?:URI|LIST)="([^"]*)"/.exec(await feed.playlist())?.[1] ?? '';
    const ask = async (viewer: string) =>
      feed.get(`${uri}?_HLS_pathway=${viewer}&other=1`, { headers: { Authorization: `Bearer ${viewer}` } });
    for (const viewer of ['a', 'b', 'a']) {
      const answer = await ask(viewer);
      expect(await answer.text()).toBe(`Bearer ${viewer} _HLS_pathway=${viewer}`);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect(upstream.of('/k.bin')).toHaveLength(3);
  });

  it('goes through as it is where it is no JSON, in ranges, too', async () => {
    const body = Buffer.from([0x7b, 0xff, 0, 0x80, 0x7d]);
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXT-X-VENDOR:X-URI="k.bin"\n'),
      '/k.bin': ({ headers }, res) => {
        if (headers.range) res.writeHead(206, { 'Content-Range': 'bytes 0-1/5' }).end(body.subarray(0, 2));
        else res.end(body);
      },
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const uri = /URI="([^"]*)"/.exec(await feed.playlist())?.[1] ?? '';
    expect(Buffer.from(await (await feed.get(uri)).arrayBuffer())).toEqual(body);
    const part = await feed.get(uri, { headers: { Range: 'bytes=0-1' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 2]);
  });
});

it('segments that the upstream refuses to us are asked for by each viewer’s own credentials, and not kept', async () => {
  const forMembers: Handler = (req, res) => {
    if (req.headers.authorization === 'Bearer member') res.end('segment');
    else res.writeHead(401).end();
  };
  const upstream = await upstreamWith({ '/live.m3u8': LIVE, '/a.ts': forMembers, '/b.ts': forMembers });
  const feed = await serve(`${upstream.url}live.m3u8`);
  const segments = uris(await feed.playlist());
  for (const uri of segments) {
    const headers = { Authorization: 'Bearer member' };
    const member = await feed.get(uri, { headers });
    expect([await member.text(), member.headers.get('cache-control')]).toEqual(['segment', 'no-store']);
    expect(await (await feed.get(uri, { headers: { ...headers, Range: 'bytes=0-' } })).text()).toBe('segment');
    expect((await feed.get(uri)).status).toBe(401);
  }
  expect(feed.warnings.filter((line) => line.includes('--header'))).toHaveLength(1);
});

describe('an upstream that wants to know who asks', () => {
  it('gets the headers of --header, and other hosts do not', async () => {
    const elsewhere = await upstreamWith({ '/c.ts': 'c' });
    const wanted = { referer: 'https://site.example/', 'user-agent': 'Player/1', cookie: 'a=1' };
    const guarded =
      (body: string): Handler =>
      ({ headers }, res) => {
        const known = Object.entries(wanted).every(([name, value]) => headers[name] === value);
        res.writeHead(known ? 200 : 403).end(known ? body : undefined);
      };
    const upstream = await upstreamWith({
      '/live.m3u8': guarded(media(`#EXTINF:2,\na.ts\n#EXTINF:2,\n${elsewhere.url}c.ts\n`)),
      '/a.ts': guarded('aaaa'),
    });
    const flags = Object.entries(wanted).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const feed = await serve(`${upstream.url}live.m3u8`, [...flags, '--allow-host', '127.0.0.1']);
    const bodies = await Promise.all(uris(await feed.playlist()).map(async (uri) => (await feed.get(uri)).text()));
    expect(bodies).toEqual(['aaaa', 'c']);
    for (const { headers } of elsewhere.asked) {
      expect([headers.referer, headers['user-agent'], headers.cookie]).toEqual([undefined, undefined, undefined]);
    }
  });

  it('gets its cookie back, through redirects, at the hosts that it is for', async () => {
    const upstream = await upstreamWith({
      '/live.m3u8': (req, res) => {
        if (req.headers.cookie === 'session=7') res.end(media('#EXTINF:2,\na.ts\n'));
        else res.writeHead(302, { 'Set-Cookie': 'session=7; Path=/; HttpOnly', Location: '/live.m3u8?again' }).end();
      },
      '/a.ts': (req, res) => void res.writeHead(req.headers.cookie === 'session=7' ? 200 : 403).end('aaaa'),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const playlist = await feed.playlist();
    expect(await (await feed.get(uris(playlist)[0] ?? '')).text()).toBe('aaaa');
    expect(readMagnets(playlist)).toHaveLength(1);
  });

  it.each(['', 'utf-8', 'aws-chunked', 'identity', 'gzip, nothing'])(
    'has its bytes as they are where its Content-Encoding is "%s"',
    async (coding) => {
      const coded =
        (body: string): Handler =>
        (_, res) =>
          void res.writeHead(200, { 'Content-Encoding': coding }).end(body);
      const upstream = await upstreamWith({ '/live.m3u8': coded(media('#EXTINF:2,\na.ts\n')), '/a.ts': coded('aaaa') });
      const feed = await serve(`${upstream.url}live.m3u8`);
      const playlist = await feed.playlist();
      expect(readMagnets(playlist).map(({ length }) => length)).toEqual([4]);
      expect(await (await feed.get(uris(playlist)[0] ?? '')).text()).toBe('aaaa');
    },
  );
});

describe('a page that sends credentials', () => {
  const ORIGIN = 'https://site.example';

  it('may read everything, as may any other page', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [segment = ''] = uris(await feed.playlist());
    for (const path of ['/manifest.m3u8', segment, '/stats.json', '/nowhere']) {
      const { headers } = await get(new URL(path, feed.url).href, { Origin: ORIGIN });
      expect([headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([
        ORIGIN,
        'true',
      ]);
      expect(headers.vary).toMatch(/\bOrigin\b/);
    }
    const preflight = await fetch(`${feed.url}manifest.m3u8`, {
      method: 'OPTIONS',
      headers: { Origin: ORIGIN, 'Access-Control-Request-Headers': 'authorization' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  it('of another site may not read what a browser asked for with its user’s cookie or password', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const ask = async (headers: Record<string, string>): Promise<unknown> =>
      (await get(`${feed.url}manifest.m3u8`, headers)).headers['access-control-allow-credentials'];
    expect(await ask({ Origin: ORIGIN, Cookie: 'a=1' })).toBeUndefined();
    expect(await ask({ Origin: ORIGIN, Authorization: 'Basic YTpi' })).toBeUndefined();
    expect(await ask({ Origin: ORIGIN, Authorization: 'Bearer x' })).toBe('true');
    expect(await ask({ Origin: 'http://127.0.0.1:9', Cookie: 'a=1' })).toBe('true');
    expect(await ask({ Origin: 'https://a.site.example', Cookie: 'a=1', Host: 'watch.site.example' })).toBe('true');
  });

  it('may not read /config.json', async () => {
    const upstream = await upstreamWith({ ...SEGMENTS, '/live.m3u8': LIVE });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const { headers } = await get(`${feed.url}config.json`, { Origin: ORIGIN });
    expect([headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['*', undefined, true, false],
    ['echo', undefined, true, false],
    ['echo', 'true', true, true],
    ['*', 'true', true, false],
    ['*', undefined, false, true],
  ])(
    'where the upstream allows %s, credentials %s: with credentials %s, directly %s',
    async (allowed, credentials, sends, directly) => {
      const origin = 'http://site.example';
      const segment: Handler = (req, res) => {
        res.setHeader('Access-Control-Allow-Origin', allowed === 'echo' ? (req.headers.origin ?? '') : allowed);
        if (credentials !== undefined) res.setHeader('Access-Control-Allow-Credentials', credentials);
        res.end('aaaa');
      };
      const upstream = await upstreamWith({ '/live.m3u8': media('#EXTINF:2,\na.ts\n'), '/a.ts': segment });
      const feed = await serve(`${upstream.url}live.m3u8`);
      for (const sign of [{ Cookie: 'a=1' }, { 'Sec-Fetch-Storage-Access': 'none' }]) {
        const { text } = await get(`${feed.url}manifest.m3u8`, { Origin: origin, ...(sends ? sign : {}) });
        expect(uris(text)).toEqual([directly ? `${upstream.url}a.ts` : expect.stringMatching(/^\/s\//)]);
      }
    },
  );
});

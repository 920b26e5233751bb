import { jest } from '@jest/globals';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { compareTree } from './support/compare-playlists.js';
import { behindCli, behindExpress, type Served, startCli } from './support/live-torrent.js';
import { load } from './support/player-requests.js';
import { type Script, ScriptedUpstream } from './support/scripted-upstream.js';

jest.setTimeout(60_000);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function kept<T extends { close(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  closing.push(() => started.close());
  return started;
}

const uris = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const FEED: Script = { feeds: { '/live.m3u8': {} } };

/** The playlist as a viewer has it once all its segments have magnets, with everything that it leads to. */
async function played(served: Served, path = '/live.m3u8', headers: Record<string, string> = {}) {
  const url = served.origin + served.playlist(path);
  let playlist = await load(url, headers);
  const late = performance.now() + 3_000;
  while (performance.now() < late && readMagnets(playlist.text).length < uris(playlist.text).length) {
    playlist = await load(url, headers);
  }
  const segments = await Promise.all(uris(playlist.text).map((uri) => load(new URL(uri, url).href, headers)));
  return { playlist, segments, magnets: readMagnets(playlist.text).length };
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('user and password in -u', () => {
  const [login, secret] = ['viewer:pa55word', 'pa55word'];
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const script: Script = {
    feeds: {
      '/live.m3u8': { uri: '{edge}/seg{n}.ts', head: ['#EXT-X-KEY:METHOD=AES-128,URI="{edge}/a.key"'], edits: [] },
    },
    files: { '/a.key': 'sixteen bytes ok' },
    hosts: 2,
    headers: { 'Access-Control-Allow-Origin': '*' },
    rules: [{ at: /./, host: 0, unless: ['authorization', /^Basic /], status: 401, body: 'who are you?' }],
  };

  it('go to that host only, as Authorization, and stand nowhere', async () => {
    const served = await kept(behindCli(script, '/live.m3u8', { login }));
    const texts: string[] = [];
    for (let step = 0; step < 4; step++) {
      const { playlist, segments } = await played(served);
      texts.push(playlist.text);
      expect([playlist.status, ...segments.map(({ status }) => status)]).toEqual([200, 200, 200, 200, 200]);
      await served.advance();
    }
    texts.push(served.output(), (await load(`${served.origin}/stats.json`)).text);
    const { upstream } = served;
    const sent = (host: number) =>
      new Set(
        upstream
          .asked((seen) => seen.host === host && !seen.player && seen.headers.origin === undefined)
          .map(({ headers }) => headers.authorization),
      );
    expect(sent(0)).toEqual(new Set([authorization]));
    expect([...sent(1)]).not.toContain(authorization);
    for (const text of texts) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(authorization);
    }
  });

  it('stand in no answer and no message of an upstream that refuses them', async () => {
    const refusing: Script = { ...FEED, rules: [{ at: /./, after: 2, status: 401 }] };
    const served = await kept(behindCli(refusing, '/live.m3u8', { login }));
    await sleep(50);
    const answers = await Promise.all(
      ['/manifest.m3u8', '/stats.json', '/config.json'].map((path) => load(served.origin + path)),
    );
    for (const text of [served.output(), ...answers.map(({ text }) => text)]) expect(text).not.toContain(secret);
  });
});

it('a token of the upstream stands in no message', async () => {
  const served = await kept(
    behindCli(
      { feeds: { '/live.m3u8': { uri: 'seg{n}.ts?token=s3cr3t-seg' } }, rules: [{ at: /seg3/, status: 404 }] },
      '/live.m3u8?token=s3cr3t-url',
      { flags: ['-r', '0.01'] },
    ),
  );
  const { playlist, segments } = await played(served);
  const failed = segments.filter(({ status }) => status !== 200);
  expect(failed.map(({ status }) => status)).toEqual([404]);
  const texts = [served.output(), playlist.text, ...failed.map(({ text }) => text)];
  for (const text of texts) expect(text).not.toContain('s3cr3t');
});

describe('a key of an upstream without CORS', () => {
  const script: Script = {
    feeds: { '/live.m3u8': { head: ['#EXT-X-KEY:METHOD=AES-128,URI="a.key"'] } },
    files: { '/a.key': 'sixteen bytes ok' },
    rules: [{ at: /a\.key/, unless: ['authorization', /^Bearer [ab]$/], status: 401 }],
  };

  it('is asked for with each viewer’s own credentials, and kept for nobody', async () => {
    const served = await kept(behindCli(script, '/live.m3u8'));
    const { playlist } = await played(served);
    const [, uri = ''] = /URI="([^"]*)"/.exec(playlist.text) ?? [];
    const key = new URL(uri, `${served.origin}/manifest.m3u8`).href;
    const answers = [];
    for (const who of ['a', 'b', 'c']) answers.push(await load(key, { Authorization: `Bearer ${who}` }));
    answers.push(await load(key));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 401]);
    const asked = served.upstream.asked(({ resource }) => resource === '/a.key');
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer a', 'Bearer b', 'Bearer c', undefined]);
  });
});

describe('the stream’s name', () => {
  const script: Script = {
    feeds: { '/hls.m3u8': {}, '/low/live.m3u8': {}, '/high/live.m3u8': {} },
    files: {
      '/top.m3u8':
        '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/live.m3u8?token=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/live.m3u8?token=1\n',
    },
  };
  /** Whichever worker behind a balancer it is. */
  const streamOf = async (origin: string, path: string): Promise<string | undefined> =>
    readStream((await load(origin + path, { Host: 'media.example' })).text)?.stream;

  it('is another one for each channel in a query, and the same for each token, by -u', async () => {
    const upstream = await kept(ScriptedUpstream.start(script));
    const streams = [];
    for (const query of ['ch=1&token=x', 'token=y&ch=1', 'ch=2&token=x', 'id=7', 'id=8']) {
      const cli = await startCli(['-u', `${upstream.origin}/hls.m3u8?${query}`, '-p', '0']);
      closing.push(cli.stop);
      streams.push(await streamOf(cli.served, '/manifest.m3u8'));
    }
    expect(streams).not.toContain(undefined);
    expect(new Set(streams).size).toBe(4);
    expect(streams[0]).toBe(streams[1]);
  });

  it('is that too with the middleware, in each worker', async () => {
    const workers = [await kept(behindExpress(script)), await kept(behindExpress(script))];
    const names = (path: string) => Promise.all(workers.map(({ origin }) => streamOf(origin, path)));
    const [one, two] = [await names('/hls.m3u8?ch=1&token=x'), await names('/hls.m3u8?token=y&ch=1')];
    expect(new Set([...one, ...two]).size).toBe(1);
    expect(await names('/hls.m3u8?ch=2')).not.toContain(one[0]);
  });

  it('of a rendition does not depend on who has loaded the Multivariant Playlist where', async () => {
    const [first, second] = [await kept(behindExpress(script)), await kept(behindExpress(script))];
    await load(`${first.origin}/top.m3u8`, { Host: 'media.example' });
    const [one, two] = [
      await streamOf(first.origin, '/low/live.m3u8?token=1'),
      await streamOf(second.origin, '/low/live.m3u8?token=2'),
    ];
    expect(one).toBe(two);
  });
});

describe('what stands in playlists of all kinds', () => {
  const media = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n';
  const end = '#EXTINF:1,\nseg0.ts\n#EXT-X-ENDLIST\n';
  const stream = '#EXT-X-STREAM-INF:BANDWIDTH=1\n';
  const texts: readonly (readonly [string, string])[] = [
    [
      'a Multivariant Playlist with TARGETDURATION and MEDIA-SEQUENCE',
      `${media}#EXT-X-MEDIA-SEQUENCE:0\n${stream}live.m3u8\n`,
    ],
    [
      'blanks after the commas of EXT-X-STREAM-INF',
      '#EXTM3U\n#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1\nlive.m3u8\n',
    ],
    ['a comment between EXT-X-STREAM-INF and its URI', `#EXTM3U\n${stream}# 720p\nlive.m3u8\n`],
    ['an empty line before #EXTM3U of a Multivariant Playlist', `\n#EXTM3U\n${stream}live.m3u8\n`],
    ['an unquoted URI', `${media}#EXT-X-MAP:URI=init.mp4\n${end}`],
    [
      'a relative X-ASSET-URI',
      `${media}#EXT-X-DATERANGE:ID="a",CLASS="com.apple.hls.interstitial",START-DATE="2026-01-01T00:00:00Z",X-ASSET-URI="ad/live.m3u8"\n${end}`,
    ],
    [
      'a relative X-ASSET-LIST',
      `${media}#EXT-X-DATERANGE:ID="a",CLASS="com.apple.hls.interstitial",START-DATE="2026-01-01T00:00:00Z",X-ASSET-LIST="ads.json"\n${end}`,
    ],
    ['a relative X-URI', `${media}#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-01T00:00:00Z",X-URI="thing.bin"\n${end}`],
    ['the URI of a tag that nobody knows', `${media}#EXT-X-THING:URI="thing.bin"\n${end}`],
    ['the URI of EXT-X-SESSION-DATA', `#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID="a",URI="ads.json"\n${stream}live.m3u8\n`],
    [
      'the SERVER-URI of EXT-X-CONTENT-STEERING',
      `#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI="ads.json"\n${stream}live.m3u8\n`,
    ],
    [
      'the URI of EXT-X-IMAGE-STREAM-INF',
      `#EXTM3U\n#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="live.m3u8"\n${stream}live.m3u8\n`,
    ],
    ['EXT-X-CONTENT-STEERING in a Media Playlist', `${media}#EXT-X-CONTENT-STEERING:SERVER-URI="ads.json"\n${end}`],
    ['indented lines of a Multivariant Playlist', `#EXTM3U\n  ${stream}  live.m3u8\n`],
    [
      'a line of 70,000 characters',
      `${media}#EXT-X-DATERANGE:ID="${'x'.repeat(70_000)}",START-DATE="2026-01-01T00:00:00Z"\n${end}`,
    ],
    [
      'key, map, part and hint',
      `${media}#EXT-X-KEY:METHOD=AES-128,URI="a.key"\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:1,\nseg0.ts\n#EXT-X-PART:DURATION=1,URI="thing.bin"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="init.mp4"\n`,
    ],
  ];
  const files = {
    '/init.mp4': 'init',
    '/ads.json': '{}',
    '/thing.bin': 'thing',
    '/a.key': 'sixteen bytes ok',
    '/ad/live.m3u8': `${media}${end}`,
    '/ad/seg0.ts': 'an advertisement',
  };

  it.each(texts)('is reachable through -u: %s', async (_, text) => {
    const script: Script = { ...FEED, files: { ...files, '/top.m3u8': text } };
    const direct = await kept(ScriptedUpstream.start(script));
    const served = await kept(behindCli(script, '/top.m3u8'));
    expect(await compareTree(`${direct.origin}/top.m3u8`, `${served.origin}/manifest.m3u8`)).toEqual([]);
  });
});

it.each(['-u', 'the middleware'])(
  'two encoders behind one name, whose windows alternate, are not read with each reload by %s',
  async (way) => {
    const script: Script = { feeds: { '/live.m3u8': { alternating: 1_000 } } };
    const served = await kept(way === '-u' ? behindCli(script, '/live.m3u8') : behindExpress(script));
    for (let reloads = 0; reloads < 20; reloads++) {
      await load(served.origin + served.playlist('/live.m3u8'));
      if (reloads % 4 === 3) await served.advance();
      await sleep(20);
    }
    const reads = [...served.upstream.reads().values()].map(([, others]) => others);
    expect(reads.length).toBeGreaterThan(8);
    expect(Math.max(...reads)).toBeLessThanOrEqual(2);
  },
);

describe('beyond a limit', () => {
  const small = [Buffer.from('a segment'), Buffer.from('another one')];

  it('a window of 50,001 segments goes on through -u', async () => {
    const served = await kept(
      behindCli({ feeds: { '/live.m3u8': { window: 50_001 } }, media: small }, '/live.m3u8', { flags: ['-r', '1'] }),
    );
    const { text } = await load(`${served.origin}/manifest.m3u8`);
    const listed = uris(text);
    expect(listed).toHaveLength(50_001);
    const last = await load(new URL(listed.at(-1) ?? '', served.origin).href);
    expect([last.status, last.text]).toEqual([200, 'a segment']);
  });

  it('a segment of 65 MiB goes on through -u, whole', async () => {
    const media = [Buffer.alloc(65 * 1024 * 1024, 7), ...small];
    const served = await kept(behindCli({ feeds: { '/live.m3u8': { window: 2 } }, media }, '/live.m3u8'));
    const { text } = await load(`${served.origin}/manifest.m3u8`);
    const first = await load(new URL(uris(text)[0] ?? '', served.origin).href);
    expect([first.status, Buffer.compare(first.bytes, media[0] ?? Buffer.alloc(0))]).toEqual([200, 0]);
  });

  it.each(['-u', 'the middleware'])(
    'of a DVR window of 5,000 segments %s does not read all at once for its first viewer',
    async (way) => {
      const script: Script = { feeds: { '/live.m3u8': { window: 5_000 } }, media: small };
      const served = await kept(
        way === '-u' ? behindCli(script, '/live.m3u8', { flags: ['-r', '1'] }) : behindExpress(script),
      );
      await load(served.origin + served.playlist('/live.m3u8'));
      await sleep(1_000);
      expect(served.upstream.reads().size).toBeGreaterThan(0);
      expect(served.upstream.reads().size).toBeLessThanOrEqual(500);
    },
  );
});

it('a Multivariant Playlist that opens a session each time is asked for when a viewer asks', async () => {
  const top = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8?session={load}\n';
  const served = await kept(behindCli({ ...FEED, files: { '/top.m3u8': top } }, '/top.m3u8'));
  const { text } = await load(`${served.origin}/manifest.m3u8`);
  for (let reloads = 0; reloads < 10; reloads++) {
    expect((await load(new URL(uris(text)[0] ?? '', served.origin).href)).status).toBe(200);
    await sleep(30);
  }
  expect(served.upstream.asked(({ resource }) => resource === '/top.m3u8').length).toBeLessThanOrEqual(2);
});

describe('an upstream that wants', () => {
  const statuses = async (served: Served): Promise<readonly number[]> => {
    const { playlist, segments, magnets } = await played(served);
    return [magnets, playlist.status, ...segments.map(({ status }) => status)];
  };
  const well = [4, 200, 200, 200, 200, 200];

  it('the cookie of its first answer gets it, and viewers do not', async () => {
    const rules = [{ at: /\.ts/, unless: ['cookie', /sid=abc/] as const, status: 403 }];
    const script: Script = { ...FEED, rules, headers: { 'Set-Cookie': 'sid=abc; Path=/; HttpOnly' } };
    const served = await kept(behindCli(script, '/live.m3u8'));
    expect(await statuses(served)).toEqual(well);
    expect((await fetch(`${served.origin}/manifest.m3u8`)).headers.get('set-cookie')).toBeNull();
  });

  it('a header gets it by --header, which stands in no message', async () => {
    const rules = [{ at: /./, unless: ['referer', /^https:\/\/site\.example\/s3cr3t$/] as const, status: 403 }];
    const flags = ['-r', '0.01', '--header', 'Referer:https://site.example/s3cr3t'];
    const served = await kept(behindCli({ ...FEED, rules }, '/live.m3u8', { flags }));
    expect(await statuses(served)).toEqual(well);
    expect(served.output()).not.toContain('s3cr3t');
  });

  it.each([401, 403])('something else, and says %d, is answered with a message that names --header', async (status) => {
    const served = behindCli({ ...FEED, rules: [{ at: /./, status }] }, '/live.m3u8').then(
      async (started) => {
        closing.push(() => started.close());
        await sleep(50);
        return started.output();
      },
      (error: Error) => error.message,
    );
    expect(await served).toContain('--header');
  });
});

describe('a page that sends credentials', () => {
  const origins = [
    ['of another site, which has none for us', { Origin: 'https://page.example' }],
    ['of the same site, which has a cookie', { Origin: 'http://127.0.0.1:3000', Cookie: 'a=b' }],
  ] as const;

  it.each(origins)('%s, may read what -u answers, by its own name', async (_, page) => {
    const served = await kept(behindCli(FEED, '/live.m3u8'));
    const playlist = await fetch(`${served.origin}/manifest.m3u8`, { headers: page });
    const segment = await fetch(new URL(uris(await playlist.text())[0] ?? '', served.origin), { headers: page });
    for (const { headers } of [playlist, segment]) {
      expect(headers.get('access-control-allow-origin')).toBe(page.Origin);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('vary')).toMatch(/Origin/);
    }
  });

  it('of the same site, which nothing shows, gets through us what its upstream lets all pages read', async () => {
    const script: Script = { ...FEED, headers: { 'Access-Control-Allow-Origin': '*' } };
    const served = await kept(behindCli(script, '/live.m3u8'));
    const listed = async (Origin: string) => uris((await load(`${served.origin}/manifest.m3u8`, { Origin })).text);
    const isThroughUs = (uri: string): boolean => new URL(uri, served.origin).origin === served.origin;
    expect((await listed('http://127.0.0.1:3000')).map(isThroughUs)).toEqual([true, true, true, true]);
    expect((await listed('https://page.example')).map(isThroughUs)).toEqual([false, false, false, false]);
  });
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { MAX_UNASKED, REQUEST_TIMEOUT } from '../src/http/connections.js';
import { closeAll, media, outputOf, serve, until, upstreamWith, uris } from './support/handlers.js';
import { PlayedFolder } from './support/played-folder.js';

jest.setTimeout(120_000);

const folders: PlayedFolder[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const folder of folders.splice(0)) await folder.stop();
  await closeAll();
});

async function played(...flags: string[]): Promise<PlayedFolder> {
  const folder = new PlayedFolder();
  folders.push(folder);
  folder.putAll('ts');
  await folder.start('-l', ...flags);
  return folder;
}

/** A connection that sends what it is told, and keeps what it gets. */
async function dial(
  url: string,
): Promise<{ socket: Socket; send(text: string): void; received(): string; closed: boolean }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  sockets.push(socket);
  let text = '';
  const dialled = {
    socket,
    send: (more: string) => void socket.write(more, 'latin1'),
    received: () => text,
    closed: false,
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    dialled.closed = true;
  });
  await once(socket, 'connect');
  return dialled;
}

/** What comes back until the connection is closed. */
async function exchange(url: string, bytes: string): Promise<string> {
  const { send, socket, received } = await dial(url);
  send(bytes);
  // Of who waits for more, nobody waits for ever.
  setTimeout(() => socket.end(), 500).unref();
  if (!socket.destroyed) await once(socket, 'close');
  return received();
}

const statusesIn = (text: string): string[] =>
  text.match(/(?<=^|\n|\})HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9)) ?? [];

describe('a request by a host that a client has made up', () => {
  const playlistAt = async (url: string, host: string): Promise<string> =>
    exchange(url, `GET /manifest.m3u8 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const trackersIn = (answer: string): readonly string[] | undefined =>
    readStream(answer.split('\r\n\r\n')[1] ?? '')?.announce;

  it.each([['-f'], ['-u']])('gets a playlist that no cache gives to others (%s)', async (kind) => {
    const upstream = await upstreamWith({
      '/live.m3u8': (_, res) =>
        void res.writeHead(200, { 'Cache-Control': 'public, max-age=9, s-maxage=60' }).end(media('#EXTINF:2,\na.ts\n')),
      '/a.ts': 'a',
    });
    const url = kind === '-f' ? (await played()).url : (await serve(`${upstream.url}live.m3u8`)).url;
    const answer = await playlistAt(url, 'evil.example');
    expect(trackersIn(answer)).toEqual(['ws://evil.example/announce']);
    expect(answer).toMatch(
      kind === '-f' ? /^Cache-Control: private, no-cache\r$/m : /^Cache-Control: private, max-age=9\r$/m,
    );
  });

  it.each([
    ['--public-url', 'https://tv.example', 'wss://tv.example/announce'],
    ['--public-url', 'http://tv.example:81/', 'ws://tv.example:81/announce'],
    ['--announce', 'wss://t.example/x', 'wss://t.example/x'],
  ])('gets the same playlist as all others with %s %s', async (flag, value, tracker) => {
    const { url } = await played(flag, value);
    const [foreign, own] = [await playlistAt(url, 'evil.example'), await playlistAt(url, new URL(url).host)];
    expect(trackersIn(foreign)).toEqual([tracker]);
    expect(foreign.split('\r\n\r\n')[1]).toBe(own.split('\r\n\r\n')[1]);
    expect(foreign).toMatch(/^Cache-Control: no-cache\r$/m);
    expect(
      `${foreign}${await exchange(url, 'GET /config.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')}`,
    ).not.toContain('evil');
  });

  it('with --public-url and --tracker-secret gets the token for the tracker there', async () => {
    const { url } = await played('--public-url', 'https://tv.example', '--tracker-secret', 's');
    const { announce } = (await (await fetch(`${url}announce.json`)).json()) as { announce: string[] };
    expect(announce[0]).toMatch(/^wss:\/\/tv\.example\/announce\?token=/);
  });

  it.each([
    ['config.json', 'secret'],
    ['announce.json', 'token='],
  ])('gets no %s on loopback: a page of another site would read it by a name that leads here', async (name, secret) => {
    const flags = ['--tracker-secret', 's', '--ice', 'turn:user:secret@turn.example'];
    const [own, pinned] = [await played(...flags), await played(...flags, '--public-url', 'https://tv.example')];
    const ask = (url: string, host: string): Promise<string> =>
      exchange(url, `GET /${name} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    for (const host of [
      'evil.example',
      'localhost.evil.example:80',
      '127.0.0.1.evil.example',
      'router',
      'printer.local',
    ]) {
      const answer = await ask(own.url, host);
      expect([host, statusesIn(answer)]).toEqual([host, ['421']]);
      expect(answer).not.toContain(secret);
    }
    for (const host of ['localhost:1', 'tv.localhost', '127.0.0.1', '[::1]:8008', '192.168.1.2', '0x7f.1']) {
      expect([host, await ask(own.url, host)]).toEqual([host, expect.stringContaining(secret)]);
    }
    expect(await ask(pinned.url, 'evil.example')).toContain(secret);
  });

  it('through a proxy is reason to tell the operator of --public-url, once', async () => {
    const folder = await played();
    for (let i = 0; i < 2; i++) await fetch(folder.url, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(folder.warnings.filter((line) => line.includes('--public-url'))).toHaveLength(1);
    const pinned = await played('--public-url', 'https://tv.example');
    await fetch(pinned.url, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    expect(pinned.warnings).toEqual([]);
  });
});

describe('connections that ask for nothing', () => {
  it(`are ${MAX_UNASKED} at most: the oldest goes for a new one, and viewers are served`, async () => {
    const { url } = await played();
    const first = await dial(url);
    first.send('GET / HTTP/1.1\r\nHost: x');
    const others = [];
    for (let i = 0; i < MAX_UNASKED + 20; i++) {
      const other = await dial(url);
      other.send('GET /');
      others.push(other);
    }
    await until(() => first.closed);
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(200);
    expect(others.at(-1)?.closed).toBe(false);
    expect(others.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(MAX_UNASKED);
  });

  it('or do not finish are cut, whatever they have sent', async () => {
    const { url } = await played();
    const begun = performance.now();
    const slow = await Promise.all(
      [
        '',
        'GET / HTTP/1.1\r\nHost: x\r\nX: ',
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx',
        'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx',
        'GET /stats.json HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX:',
      ].map(async (text) => {
        const dialled = await dial(url);
        dialled.send(text);
        return dialled;
      }),
    );
    const trickle = setInterval(() => {
      for (const { send, closed } of slow.slice(1)) if (!closed) send('x');
    }, 500);
    await until(() => slow.every(({ closed }) => closed));
    clearInterval(trickle);
    expect(performance.now() - begun).toBeGreaterThan(REQUEST_TIMEOUT / 3);
  });
});

describe('a request that is not as it should be', () => {
  const shapes: [string, string, RegExp][] = [
    [
      'both lengths',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^400/,
    ],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n', /^400/],
    ['a length with a sign', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd', /^400/],
    ['an unknown coding', 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n', /^400/],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n', /^400/],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', /^(?:400|404|200)/],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n', /^400/],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n', /^400/],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', /^400/],
    ['20,000 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a:b\r\n'.repeat(20_000)}\r\n`, /^431/],
    ['a header of a megabyte', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(1_000_000)}\r\n\r\n`, /^431/],
    ['a target of a megabyte', `GET /${'b'.repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^431/],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^400/],
    ['a chunk of no number', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /^(?:400|405)/],
    ['CONNECT', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n', /^(?:4\d\d|$)/],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret=1\r\n\r\n', /^405/],
    ['another upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', /^404/],
  ];

  it.each(shapes)('is answered once and ends its connection: %s', async (_, bytes, expected) => {
    const { url } = await played();
    const answer = await exchange(url, `${bytes}GET /stats.json HTTP/1.1\r\nHost: y\r\n\r\n`);
    const statuses = statusesIn(answer);
    expect(statuses[0] ?? '').toMatch(expected);
    if (!/^(?:200|404|405)/.test(statuses[0] ?? '')) expect(answer).not.toContain('segmentsHashed');
    expect(answer).not.toContain('secret=1');
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(200);
  });

  it('with headers twice, and hundreds of requests at once, gets an answer each', async () => {
    const { url } = await played();
    const one =
      'GET /stats.json HTTP/1.1\r\nHost: x\r\nHost: y\r\nRange: bytes=0-1\r\nRange: bytes=5-6\r\nOrigin: a\r\nOrigin: b\r\n\r\n';
    const answer = await exchange(url, one.repeat(300));
    expect(statusesIn(answer)).toEqual(Array(300).fill('200'));
  });

  it('and breaks off ends nothing else, whatever it asked for', async () => {
    const { url } = await played();
    const heads = [
      'GET /nowhere HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
      'GET /announce HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
      'GET /segments/part0.m2t HTTP/1.1\r\n',
      'GET /manifest.m3u8 HTTP/1.1\r\n',
      'POST / HTTP/1.1\r\nContent-Length: 100\r\n',
    ];
    for (let i = 0; i < 100; i++) {
      const { socket, send } = await dial(url);
      send(`${heads[i % heads.length]}Host: x\r\n\r\n`);
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(200);
  });
});

describe('what is served says nothing of this machine', () => {
  it('neither in figures nor in errors', async () => {
    const folder = await played('--tracker-secret', 's3cret', '--ice', 'turn:u:s3cret@h');
    const { url, path } = folder;
    let seen = '';
    for (const target of [
      'stats.json',
      'nowhere',
      'segments/none.ts',
      'segments/%00',
      'segments/%',
      '%ff',
      'r/x',
      'manifest-x.m3u8',
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await fetch(`${url}${target}`, { method });
        seen += `${[...answer.headers].join('\n')}\n${await answer.text()}\n`;
      }
    }
    expect(seen).not.toContain(path);
    expect(seen).not.toMatch(/s3cret|node_modules|\/tmp\/|at \w+ \(|127\.0\.0\.1|x-powered-by|^server:/im);
    const stats = (await (await fetch(`${url}stats.json`)).json()) as Record<string, unknown>;
    expect(
      Object.values(stats)
        .flatMap((value) => Object.values(Object(value)))
        .every((value) => typeof value === 'number'),
    ).toBe(true);
  });

  it('while a folder has nothing to play', async () => {
    const folder = new PlayedFolder();
    folders.push(folder);
    folder.write('bad.ts', 'no segment');
    await folder.start();
    const { status, text } = await folder.get('/manifest.m3u8');
    expect([status, text]).toEqual([503, 'no segment is complete yet\n']);
  });

  it('in 502 either', async () => {
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\nhttp://localhost:1/a.ts\n#EXTINF:2,\nb.ts\n'),
      '/b.ts': (_, res) => void res.writeHead(302, { Location: 'http://10.0.0.7:22/' }).end(),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    for (const uri of uris(await feed.playlist())) {
      const answer = await feed.get(uri);
      expect(answer.status).toBe(502);
      expect(`${[...answer.headers].join()}${await answer.text()}`).not.toMatch(
        /localhost|127\.0|10\.0\.0\.7|ECONN|allow-host/,
      );
    }
  });
});

describe('the Content-Security-Policy', () => {
  const policyOf = async (url: string): Promise<Map<string, string>> => {
    const header = (await fetch(url)).headers.get('content-security-policy') ?? '';
    return new Map(
      header.split(';').map((one) => [one.trim().split(' ')[0] ?? '', one.trim().split(' ').slice(1).join(' ')]),
    );
  };

  it('of the page and each of its files is there, and strict', async () => {
    const { url } = await played();
    for (const path of ['', 'index.html', 'page.js', 'sw.js', 'style.css', 'favicon.svg']) {
      const policy = await policyOf(`${url}${path}`);
      expect([path, policy.get('default-src'), policy.get('base-uri'), policy.get('form-action')]).toEqual([
        path,
        "'none'",
        "'none'",
        "'none'",
      ]);
      expect([path, policy.get('script-src'), policy.get('style-src')]).toEqual([path, "'self'", "'self'"]);
      expect([...policy.values()].join(' ')).not.toMatch(/unsafe|\*/);
      expect(policy.get('frame-ancestors')).toBe("'self'");
    }
  });

  it('of all else lets it run nothing', async () => {
    const { url } = await played();
    for (const path of [
      'manifest.m3u8',
      'segments/part0.m2t',
      'stats.json',
      'config.json',
      'nowhere',
      '%2e%2e/x',
      'segments/none',
    ]) {
      const policy = await policyOf(`${url}${path}`);
      expect([path, policy.has('sandbox'), policy.get('default-src')]).toEqual([path, true, "'none'"]);
      expect((await fetch(`${url}${path}`)).headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('lets no host into it that is more than a host', async () => {
    const { url } = await played();
    for (const host of ['x;script-src *', "a 'unsafe-inline'", 'a,b', 'a\tscript-src']) {
      const answer = await exchange(url, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).not.toMatch(/content-security-policy:.*(?:script-src \*|unsafe-inline)/i);
    }
  });
});

describe('names that lead out', () => {
  const ways = [
    '..',
    '%2e%2e',
    '%2E.',
    '..%00',
    '%c0%ae%c0%ae',
    '..;',
    '....',
    '%252e%252e',
    '\uff0e\uff0e',
    '..%5c',
    '..\\',
  ];
  const slashes = ['/', '%2f', '%5c', '\\', '%252f', '//', '/./'];
  const targets = (base: string): string[] =>
    ways.flatMap((way) => slashes.map((slash) => `${base}${Array(4).fill(way).join(slash)}${slash}secret.ts`));

  it.each([['segments/'], ['s/'], ['r/'], ['']])('of no route of a folder get anything: /%s', async (base) => {
    const folder = await played();
    const all = [
      ...targets(base),
      `${base}secret.ts%00.m2t`,
      `${base}CON`,
      `${base}part0.m2t::$DATA`,
      `${base}C:%5csecret.ts`,
      `${base}/etc/passwd`,
      `${base}%2fetc%2fpasswd`,
      `//etc/passwd`,
    ];
    for (const target of all) {
      const answer = await exchange(
        folder.url,
        `GET /${Buffer.from(target).toString('latin1')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect([target, statusesIn(answer)[0]?.[0]]).toEqual([target, '4']);
      expect(answer).not.toContain('root:');
    }
    expect(readMagnets((await folder.get('/manifest.m3u8')).text)).not.toHaveLength(0);
  });
});

it('a fault in one answer is said, and ends nothing', async () => {
  const output = await outputOf(['-f', 'packages/cli/test/fixtures/ts', '-l', '-p', '0'], async (url) => {
    const answer = await exchange(
      url,
      'GET /segments/x HTTP/1.1\r\nHost: x\r\nRange: bytes=\x00\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect((await fetch(`${url}manifest.m3u8`)).status).toBe(200);
  });
  expect(output).not.toContain('    at ');
});

describe('segmentBytesServed', () => {
  const LENGTH = 48 * 1024 * 1024;

  it.each([
    ['from memory', true],
    ['while it arrives', false],
  ])('counts what a viewer has taken of a segment, and not what it left (%s)', async (_, before) => {
    const upstream = await upstreamWith({
      '/live.m3u8': media('#EXTINF:2,\na.ts\n'),
      '/a.ts': (_req, res) => void res.end(Buffer.alloc(LENGTH)),
    });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [uri = ''] = uris(await feed.playlist());
    const served = async (): Promise<number> =>
      ((await (await feed.get('stats.json')).json()) as { segmentBytesServed: number }).segmentBytesServed;
    const { socket, send } = await dial(feed.url);
    if (before) await until(async () => readMagnets(await feed.playlist()).length === 1);
    send(`GET ${uri} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    for (let last = -1; last !== (await served()); ) {
      last = await served();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    // The sockets of both ends hold a few MiB.
    expect(await served()).toBeLessThan(LENGTH / 2);
    const left = await served();
    expect((await (await feed.get(uri)).arrayBuffer()).byteLength).toBe(LENGTH);
    expect((await served()) - left).toBe(LENGTH);
  });
});

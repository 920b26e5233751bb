import { jest } from '@jest/globals';
import { readMagnets, readStream } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import {
  type Asked,
  closeAll,
  type HandledUpstream,
  type Handler,
  media,
  type ServedFeed,
  serve,
  until,
  upstreamWith,
  uris,
} from './support/handlers.js';

jest.setTimeout(60_000);
afterEach(closeAll);

/** An encoder that is at some step, whose playlist lists the segments of the last four. */
class Live {
  step = 3;
  loads = 0;

  /** @param uri of a segment, at a load of the playlist */
  constructor(readonly uri: (n: number, load: number) => string) {}

  get playlist(): string {
    const numbers = [3, 2, 1, 0].map((back) => this.step - back);
    const lines = numbers.map((n) => `#EXTINF:2,\n${this.uri(n, this.loads)}\n`);
    return media(`#EXT-X-MEDIA-SEQUENCE:${this.step - 3}\n${lines.join('')}`);
  }

  answer: Handler = (_, res) => {
    this.loads++;
    res.end(this.playlist);
  };
}

const SEGMENT = /^\/(?:t\d+\/)?seg(\d+)\.ts(?:\?|$)/;
const numberOf = (path: string): string => SEGMENT.exec(path)?.[1] ?? '';

/** Answers as one that has any segment, and nothing else. */
const segment =
  (headers: Record<string, string> = {}): Handler =>
  ({ url = '' }, res) => {
    const n = numberOf(url);
    if (n) res.writeHead(200, headers).end(`bytes of ${n}`);
    else res.writeHead(404).end();
  };

/** A balancer that leads each reload to the other of two hosts that have all. */
async function balanced(live: Live, segments: Handler): Promise<{ feed: ServedFeed; edges: HandledUpstream[] }> {
  const edge = () => upstreamWith({ '/live.m3u8': live.answer }, segments);
  const edges = await Promise.all([edge(), edge()]);
  let turn = 0;
  const balancer = await upstreamWith({
    '/lb.m3u8': (_, res) => void res.writeHead(302, { Location: `${edges[turn++ % 2]?.url}live.m3u8` }).end(),
  });
  const feed = await serve(`${balancer.url}lb.m3u8`, ['-r', '0.05', '--allow-host', '127.0.0.1']);
  return { feed, edges };
}

/** Plays some steps; what each segment was called, and its bytes and magnet, right all the time. */
async function play(
  feed: ServedFeed,
  live: Live,
  headers: Record<string, string> = {},
): Promise<Map<number, Set<string>>> {
  const names = new Map<number, Set<string>>();
  for (let i = 0; i < 4; i++) {
    const { loads } = live;
    let text = '';
    await until(async () => {
      text = await feed.playlist(headers);
      return live.loads > loads + 1 && readMagnets(text).length === 4;
    });
    const magnets = readMagnets(text, feed.url);
    for (const [j, uri] of uris(text).entries()) {
      const n = live.step - 3 + j;
      const path = uri.replace(/\?.*/s, '');
      names.set(n, (names.get(n) ?? new Set()).add(path));
      const body = await (await feed.get(uri)).text();
      expect(body).toBe(`bytes of ${n}`);
      expect(magnets[j]?.infoHash).toBe(createSegmentMagnet(Buffer.from(body)).infoHash);
    }
    live.step++;
  }
  return names;
}

/** Requests for the bytes of each segment, for players and magnets together. */
function mostReads(asked: readonly Asked[]): number {
  const reads = new Map<string, number>();
  for (const { method, path, headers } of asked) {
    const n = numberOf(path);
    if (method === 'GET' && headers.origin === undefined && n !== '') reads.set(n, (reads.get(n) ?? 0) + 1);
  }
  return Math.max(...reads.values());
}

describe('a segment that goes through here keeps its path while it is listed, and is read once,', () => {
  it.each<[string, (n: number, load: number) => string, number]>([
    ['with a token in its query that changes with each reload', (n, load) => `seg${n}.ts?token=${load}`, 1],
    // Until a folder has changed twice, it may be that of an encoder that began anew.
    ['with a token in its path that changes with each reload', (n, load) => `t${load}/seg${n}.ts`, 3],
    ['with neither', (n) => `seg${n}.ts`, 1],
  ])('%s', async (_, uri, reads) => {
    const live = new Live(uri);
    const upstream = await upstreamWith({ '/live.m3u8': live.answer }, segment());
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.05']);
    for (const names of (await play(feed, live)).values()) expect([...names]).toHaveLength(1);
    expect(mostReads(upstream.asked)).toBeLessThanOrEqual(reads);
  });

  it('where a balancer leads each reload to another host', async () => {
    const live = new Live((n) => `seg${n}.ts`);
    const { feed, edges } = await balanced(live, segment());
    for (const names of (await play(feed, live)).values()) expect([...names]).toHaveLength(1);
    expect(mostReads(edges.flatMap(({ asked }) => asked))).toBe(1);
  });
});

describe('a segment that pages may fetch from the upstream', () => {
  const cors = { 'Access-Control-Allow-Origin': '*' };

  it('keeps its host and path while it is listed, and has the query of now', async () => {
    const live = new Live((n, load) => `seg${n}.ts?token=${load}`);
    const upstream = await upstreamWith({ '/live.m3u8': live.answer }, segment(cors));
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.05']);
    for (const names of (await play(feed, live)).values()) expect([...names]).toHaveLength(1);
    const text = await feed.playlist();
    const tokens = uris(text).map((uri) => Number(/token=(\d+)$/.exec(uri)?.[1]));
    expect(Math.min(...tokens)).toBeGreaterThan(3);
  });

  it('keeps its host while it is listed where a balancer leads each reload to another one', async () => {
    const live = new Live((n) => `seg${n}.ts`);
    const { feed } = await balanced(live, segment(cors));
    for (const names of (await play(feed, live)).values()) expect([...names]).toHaveLength(1);
  });

  it.each<[string, Handler]>([
    ['comes late', (req, res) => void setTimeout(() => segment(cors)(req, res), 1_700)],
    ['is an error without its header', (_, res) => void res.writeHead(503).end()],
  ])('goes on through here where the first answer to that question %s', async (_, first) => {
    const live = new Live((n) => `seg${n}.ts`);
    let questions = 0;
    const upstream = await upstreamWith({ '/live.m3u8': live.answer }, (req, res) => {
      const answer = req.headers.origin !== undefined && questions++ === 0 ? first : segment(cors);
      answer(req, res);
    });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.05']);
    const through = async (): Promise<void> => {
      for (const names of (await play(feed, live)).values()) {
        expect([...names]).toEqual([expect.stringMatching(/^\/s\//)]);
      }
    };
    await through();
    const { now } = performance;
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 200_000);
    try {
      await through();
    } finally {
      later.mockRestore();
    }
    expect(questions).toBe(1);
  });
});

it('what else a playlist names keeps its path, too, where its URL without tokens tells it from the others', async () => {
  let load = 0;
  const upstream = await upstreamWith({
    '/live.m3u8': (_, res) => {
      load++;
      const key = (id: number): string => `#EXT-X-KEY:METHOD=AES-128,URI="k.bin?token=${id}"\n`;
      const map = `#EXT-X-MAP:URI="init.mp4?token=${load}"\n`;
      res.end(media(`${map}${key(1)}#EXTINF:2,\na.m4s\n${key(2)}#EXTINF:2,\nb.m4s\n`));
    },
    '/init.mp4': (req, res) => void res.end(`init by ${req.url}`),
    '/k.bin': (req, res) => void res.end(`key by ${req.url}`),
  });
  const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
  const paths = async (): Promise<string[]> =>
    [...(await feed.playlist()).matchAll(/URI="([^"]*)"/g)].map(([, uri]) => uri ?? '');
  const [init = '', ...keys] = await paths();
  const before = load;
  await until(async () => (await paths())[0] === init && load > before + 1);
  expect(await (await feed.get(init)).text()).toMatch(/^init by \/init\.mp4\?token=\d+$/);
  const found = await Promise.all(keys.map(async (key) => (await feed.get(key)).text()));
  expect(found).toEqual(['key by /k.bin?token=1', 'key by /k.bin?token=2']);
});

it.each([
  ['http://h/live.m3u8?ch=1', 'http://h/live.m3u8?ch=2', false],
  ['http://h/live.m3u8?ch=1&token=a', 'http://h/live.m3u8?ch=1&token=b', true],
  ['http://a:b@h/live.m3u8', 'http://h/live.m3u8', true],
])('the stream of %s and that of %s are one: %s', async (one, other, same) => {
  const upstream = await upstreamWith({ '/live.m3u8': media('#EXTINF:2,\na.ts\n'), '/a.ts': 'a' });
  const { host } = new URL(upstream.url);
  const streams: (string | undefined)[] = [];
  for (const url of [one, other]) {
    const feed = await serve(url.replace(/h(?=\/live)/, host));
    streams.push(readStream(await feed.playlist())?.stream);
  }
  expect(streams[0]).toMatch(/^[0-9a-f]{40}$/);
  expect(streams[0] === streams[1]).toBe(same);
});

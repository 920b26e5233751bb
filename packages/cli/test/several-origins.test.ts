import { spawnSync } from 'node:child_process';
import { freePort } from '../../../harness/serve.mjs';
import { Redis } from '../../../test/support/redis.js';
import { createServer } from '../src/create-server.js';
import { parseOptions } from '../src/options.js';
import { startUpstream, type Upstream } from './support/upstream.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const playlist = (first: number): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${first}\n${[0, 1, 2].map((i) => `#EXTINF:4,\n${first + i}.ts\n`).join('')}`;

/** A feed without CORS, so that its segments go through the origins. */
async function feed(): Promise<Upstream & { list(first: number): void }> {
  const upstream = await startUpstream(false);
  closing.push(() => upstream.close());
  const put = (path: string, text: string): unknown => upstream.files.set(path, new TextEncoder().encode(text));
  put('/main.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n');
  for (let n = 0; n < 10; n++) put(`/${n}.ts`, `segment ${n}`);
  const list = (first: number): unknown => put('/live.m3u8', playlist(first));
  list(0);
  return Object.assign(upstream, { list });
}

interface Origin {
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  readonly log: readonly string[];
}

/** One of several `live-torrent -u` of the same feed. */
async function origin(url: string, ...args: string[]): Promise<Origin> {
  const options = parseOptions(['-u', url, '-p', '0', '-s', 'false', '--announce', 'ws://tracker.example/', ...args]);
  if (typeof options === 'string') throw new Error(options);
  const log: string[] = [];
  const say = (line: string): unknown => log.push(line);
  const server = await createServer(options, { info: say, warn: say, manifest: () => {} });
  await server.listen();
  closing.push(() => server.close());
  return {
    get: async (path) => {
      const response = await fetch(new URL(path, server.url));
      return { status: response.status, text: await response.text() };
    },
    log,
  };
}

const uris = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const hashed = async (of: Origin): Promise<number> =>
  (JSON.parse((await of.get('stats.json')).text) as { segmentsHashed: number }).segmentsHashed;

describe('an origin beside others of the same feed', () => {
  it('gives what another one has named, though nobody has asked it for a playlist yet', async () => {
    const { url } = await feed();
    const [a, b] = [await origin(`${url}main.m3u8`), await origin(`${url}main.m3u8`)];
    const [rendition = ''] = uris((await a.get('manifest.m3u8')).text);
    const [segment = ''] = uris((await a.get(rendition)).text);
    expect(await b.get(segment)).toEqual({ status: 200, text: 'segment 0' });
    expect((await b.get(rendition)).text).toBe((await a.get(rendition)).text);
  });

  it('gives what stands in a newer playlist than its own, once it may load that', async () => {
    const upstream = await feed();
    const [a, b] = [
      await origin(`${upstream.url}live.m3u8`, '-r', '0.01'),
      await origin(`${upstream.url}live.m3u8`, '-r', '0.5'),
    ];
    await b.get('manifest.m3u8');
    upstream.list(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const newest = uris((await a.get('manifest.m3u8')).text).at(-1) ?? '';
    expect(await b.get(newest)).toEqual({ status: 200, text: 'segment 3' });
  });

  it.each(['0.01', '3600'])(
    'says 404 for what nobody has named, and waits for no reload that is far: -r %s',
    async (refresh) => {
      const { url } = await feed();
      const one = await origin(`${url}main.m3u8`, '-r', refresh);
      expect((await one.get('s/AAAAAAAAAAAAAAAA/0.ts')).status).toBe(404);
    },
  );

  const present = spawnSync('redis-server', ['--version']).status === 0;
  if (!present) process.stdout.write('redis-server is not installed: --cache is not tested\n');
  (present ? it : it.skip)('hashes nothing that another one has hashed, where they share a cache', async () => {
    const { url } = await feed();
    const redis = await Redis.start();
    closing.push(() => redis.end());
    const cache = `redis://127.0.0.1:${redis.port}`;
    const [a, b] = [
      await origin(`${url}live.m3u8`, '--cache', cache),
      await origin(`${url}live.m3u8`, '--cache', cache),
    ];
    const whole = async (of: Origin): Promise<string> => {
      for (;;) {
        const { text } = await of.get('manifest.m3u8');
        if (text.split('###magnet:').length === 4) return text;
      }
    };
    const first = await whole(a);
    expect(await whole(b)).toBe(first);
    expect([await hashed(a), await hashed(b)]).toEqual([3, 0]);
  });

  it('hashes for itself while the cache is not there, and says so once, without its password', async () => {
    const { url } = await feed();
    const cache = `redis://user:s3cret@127.0.0.1:${await freePort()}`;
    const one = await origin(`${url}live.m3u8`, '-r', '0.01', '--cache', cache);
    while ((await one.get('manifest.m3u8')).text.split('###magnet:').length < 4);
    expect(await hashed(one)).toBe(3);
    expect(one.log.filter((line) => line.startsWith('--cache'))).toHaveLength(1);
    expect(one.log.join('\n')).not.toContain('s3cret');
  });
});

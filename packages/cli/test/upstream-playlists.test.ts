import { jest } from '@jest/globals';
import fc from 'fast-check';
import { hasEnded, isCutOff, partialLine } from '../src/upstream/cut-off.js';
import { PlaylistFeed } from '../src/upstream/playlist-feed.js';
import { closeAll, media, serve, until, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(60_000);
afterEach(closeAll);

const bytes = (text: string): Buffer => Buffer.from(text);
const A = '#EXTINF:2,\na.ts\n';
const B = '#EXTINF:2,\nb.ts\n';

describe('a playlist is cut off', () => {
  const cut = (text: string, earlier: string, doubted?: string): boolean =>
    isCutOff(bytes(text), bytes(earlier), doubted);

  it('where its last line has no end, and that of the earlier one had', () => {
    expect(cut(media(`${A}#EXTINF:2,\nb.t`), media(A))).toBe(true);
    expect(cut(media(A).trimEnd(), media(A).trimEnd())).toBe(false);
    expect(cut(media(A), media(A).trimEnd())).toBe(false);
  });

  it('not where that line says that it has ended, with segments or without', () => {
    expect(cut(media(`${A}#EXT-X-ENDLIST`), media(A))).toBe(false);
    expect(cut(media('#EXT-X-ENDLIST\n'), media(A))).toBe(false);
    expect(cut(media('#EXT-X-ENDLIST'), media(A))).toBe(false);
    expect(cut(media(`${A}#EXT-X-ENDLI`), media(A))).toBe(true);
    expect(cut(media(`${A}#x #EXT-X-ENDLIST`), media(A))).toBe(true);
  });

  it('where it names nothing, and the earlier one did', () => {
    expect(cut(media(''), media(A))).toBe(true);
    expect(cut(media(''), media(''))).toBe(false);
  });

  it('not where the line that was doubted before has others after it now: its writer ends no last line', () => {
    const doubted = partialLine(bytes(media(A + B).trimEnd()));
    expect(doubted).toBe('b.ts');
    expect(cut(`${media(A + B)}#EXTINF:2,\nc.ts`, media(A), doubted)).toBe(false);
    expect(cut(media(A + B).trimEnd(), media(A), doubted)).toBe(true);
  });

  it('at any place but a line’s end', () => {
    const text = media(A + B);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: text.length - 1 }), (end) => {
        const part = text.slice(0, end);
        if (!part.endsWith('\n') && /^[^#\s]/m.test(part)) expect(cut(part, text)).toBe(true);
      }),
    );
  });
});

it('only a line of its own says that a playlist has ended', () => {
  expect(hasEnded(bytes(media(`${A}#EXT-X-ENDLIST`)))).toBe(true);
  expect(hasEnded(bytes(media(`  #EXT-X-ENDLIST \r\n`)))).toBe(true);
  expect(hasEnded(bytes(media(`#EXTINF:2,#EXT-X-ENDLIST\na.ts\n`)))).toBe(false);
});

describe('the last playlist of a feed', () => {
  it.each([
    ['without line end', `${A}${B}#EXT-X-ENDLIST`],
    ['without segments', '#EXT-X-ENDLIST\n'],
    ['without both', '#EXT-X-ENDLIST'],
  ])('%s is given to viewers as it is, and not asked for again by itself', async (_, lines) => {
    const upstream = await upstreamWith({ '/live.m3u8': media(A), '/a.ts': 'a', '/b.ts': 'b' });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
    await feed.playlist();
    upstream.handlers['/live.m3u8'] = media(lines);
    await until(async () => (await feed.playlist()).includes('#EXT-X-ENDLIST'));
    const { length } = upstream.of('/live.m3u8');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(upstream.of('/live.m3u8').length - length).toBeLessThanOrEqual(1);
    expect((await (await feed.get('stats.json')).json()) as object).toMatchObject({ upstreamErrors: 0 });
  });
});

it('a playlist that stays as if it were cut off goes through as it is after a minute', async () => {
  const upstream = await upstreamWith({ '/live.m3u8': media(A), '/a.ts': 'a' });
  let late = 0;
  const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01'], () => performance.now() + late);
  await feed.playlist();
  upstream.handlers['/live.m3u8'] = media('');
  await until(() => feed.warnings.length > 0);
  expect(uris(await feed.playlist())).toHaveLength(1);
  late = 61_000;
  await until(async () => uris(await feed.playlist()).length === 0);
  expect(feed.warnings).toEqual([`${upstream.url}live.m3u8: is cut off`]);
});

describe('a Multivariant Playlist that opens a session for each who asks', () => {
  it('is fetched when somebody asks, and at no other time', async () => {
    let sessions = 0;
    const upstream = await upstreamWith({
      '/top.m3u8': (_, res) => {
        sessions++;
        res.end(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?session=${sessions}\n`);
      },
      '/v.m3u8': media(A),
      '/a.ts': 'a',
    });
    const feed = await serve(`${upstream.url}top.m3u8`, ['-r', '0.05']);
    expect(sessions).toBe(1);
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
    for (let viewer = 2; viewer < 5; viewer++) {
      await wait();
      // Those who come together have one session.
      const [first = '', second] = await Promise.all([feed.playlist(), feed.playlist()]);
      expect(second).toBe(first);
      await feed.get(uris(first)[0] ?? '');
      expect(sessions).toBe(viewer);
      await wait();
      expect(sessions).toBe(viewer);
    }
  });
});

describe('an upstream that does not answer any more', () => {
  it('is bridged while players wait, and played again when it answers', async () => {
    const upstream = await upstreamWith({ '/live.m3u8': media(A), '/a.ts': 'a', '/b.ts': 'b' });
    const feed = await serve(`${upstream.url}live.m3u8`, ['-r', '0.01']);
    await feed.playlist();
    upstream.handlers['/live.m3u8'] = (_, res) => void res.writeHead(200).write('#EXT');
    const asked = upstream.asked.length;
    await until(() => upstream.asked.length > asked);
    expect(uris(await feed.playlist())).toHaveLength(1);
    upstream.handlers['/live.m3u8'] = media(A + B);
    await until(async () => uris(await feed.playlist()).length === 2);
  });
});

describe('a feed', () => {
  it('that is not live is loaded for those who ask only', async () => {
    let loads = 0;
    const feed = new PlaylistFeed({
      load: async () => ++loads,
      isLive: () => false,
      standsIn: () => true,
      refresh: 1,
      clock: () => performance.now(),
    });
    await feed.get();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(loads).toBe(1);
    feed.close();
  });
});

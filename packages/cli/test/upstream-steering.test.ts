import { jest } from '@jest/globals';
import { closeAll, media, serve, upstreamWith, uris } from './support/handlers.js';

jest.setTimeout(60_000);
afterEach(closeAll);

const MULTIVARIANT = `#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="steer/now.json",PATHWAY-ID="A"
#EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID="A",STABLE-VARIANT-ID="low"
low/live.m3u8
`;
const LIVE = media('#EXTINF:2,\na.ts\n');

interface Replacement {
  readonly HOST?: string;
  readonly PARAMS?: Readonly<Record<string, string>>;
  readonly 'PER-VARIANT-URIS'?: Readonly<Record<string, string>>;
}

/** A player's URL of a variant in a clone of its pathway, as draft-pantos-hls-rfc8216bis §7.3 has it, and hls.js does it. */
function cloned(url: string, stableId: string, replacement: Replacement): string {
  const { HOST: host, PARAMS: params = {}, 'PER-VARIANT-URIS': own = {} } = replacement;
  const replaced = new URL(own[stableId] ?? url, url);
  if (host !== undefined && own[stableId] === undefined) replaced.host = host;
  for (const name of Object.keys(params).sort()) replaced.searchParams.set(name, params[name] ?? '');
  return replaced.href;
}

/** A steering manifest through -u, with the URL that it came from. */
async function steered(manifest: object, other = {}) {
  const backup = await upstreamWith({ '/low/live.m3u8': LIVE, '/low/a.ts': 'of the backup', '/own/live.m3u8': LIVE });
  const host = new URL(backup.url).host;
  const upstream = await upstreamWith({
    '/live.m3u8': MULTIVARIANT,
    '/low/live.m3u8': LIVE,
    '/low/a.ts': 'of the main one',
    '/steer/now.json': JSON.stringify(manifest).replaceAll('BACKUP', host),
    ...other,
  });
  const feed = await serve(`${upstream.url}live.m3u8`, ['--allow-host', host]);
  const playlist = await feed.playlist();
  const url = new URL(/SERVER-URI="([^"]*)"/.exec(playlist)?.[1] ?? '', feed.url).href;
  const [variant = ''] = uris(playlist).map((uri) => new URL(uri, feed.url).href);
  const answer = await feed.get(url);
  return { upstream, backup, feed, url, variant, answer, json: await answer.json() };
}

describe('a steering manifest through -u', () => {
  it('is as the upstream’s where it names no URI', async () => {
    const manifest = { VERSION: 1, TTL: 300, 'PATHWAY-PRIORITY': ['A', 'B'] };
    const { json, answer } = await steered(manifest);
    expect(json).toEqual(manifest);
    expect(answer.status).toBe(200);
  });

  it('leads to the URL of its RELOAD-URI, with the player’s directives', async () => {
    const { upstream, feed, url, json } = await steered(
      { VERSION: 1, TTL: 300, 'RELOAD-URI': 'next.json?session=7', 'PATHWAY-PRIORITY': ['A'] },
      { '/steer/next.json': '{"VERSION":1}' },
    );
    const next = new URL(json['RELOAD-URI'], url);
    next.searchParams.set('_HLS_pathway', 'A');
    expect(await (await feed.get(next.href)).json()).toEqual({ VERSION: 1 });
    expect(upstream.of('/steer/next.json').map(({ path }) => path)).toEqual([
      '/steer/next.json?session=7&_HLS_pathway=A',
    ]);
  });

  it('clones a pathway: its HOST and PARAMS are those of the upstream that is asked', async () => {
    const { backup, feed, variant, json } = await steered({
      VERSION: 1,
      'PATHWAY-CLONES': [
        { 'BASE-ID': 'A', ID: 'B', 'URI-REPLACEMENT': { HOST: 'BACKUP', PARAMS: { token: 'b', x: '1' } } },
        { 'BASE-ID': 'B', ID: 'C', 'URI-REPLACEMENT': { PARAMS: { token: 'c' } } },
      ],
    });
    const [b, c] = json['PATHWAY-CLONES'];
    expect(JSON.stringify(json)).not.toContain(new URL(backup.url).host);
    const playlist = await (await feed.get(cloned(variant, 'low', b['URI-REPLACEMENT']))).text();
    expect(await (await feed.get(uris(playlist)[0] ?? '')).text()).toBe('of the backup');
    await feed.get(cloned(cloned(variant, 'low', b['URI-REPLACEMENT']), 'low', c['URI-REPLACEMENT']));
    expect(backup.of('/low/live.m3u8').map(({ path }) => path)).toEqual([
      '/low/live.m3u8?token=b&x=1',
      '/low/live.m3u8?token=c&x=1',
    ]);
  });

  it('clones a pathway to URLs of its own, whose host stays', async () => {
    const { backup, feed, variant, json } = await steered({
      VERSION: 1,
      'PATHWAY-CLONES': [
        {
          'BASE-ID': 'A',
          ID: 'B',
          'URI-REPLACEMENT': {
            HOST: 'nowhere.example',
            PARAMS: { token: 'b' },
            'PER-VARIANT-URIS': { low: 'http://BACKUP/own/live.m3u8' },
          },
        },
      ],
    });
    await feed.get(cloned(variant, 'low', json['PATHWAY-CLONES'][0]['URI-REPLACEMENT']));
    expect(backup.of('/own/live.m3u8').map(({ path }) => path)).toEqual(['/own/live.m3u8?token=b']);
  });

  it('that has gone from memory costs its clones, and nothing else', async () => {
    const { feed, variant } = await steered({ VERSION: 1 });
    expect((await feed.get(`${variant}?live-torrent-clone=0123456789abcdef`)).status).toBe(200);
  });
});

it('a list of interstitials leads to those on the upstream’s own host through here, to others directly', async () => {
  const upstream = await upstreamWith({
    '/live.m3u8': media('#EXT-X-DATERANGE:ID="i",X-ASSET-LIST="ads/list.json"\n#EXTINF:2,\na.ts\n'),
    '/a.ts': 'a',
    '/ads/list.json': (req, res) => {
      const query = req.url?.split('?')[1];
      const assets = [{ URI: 'one.m3u8', DURATION: 5 }, { URI: 'https://ads.example/two.m3u8' }];
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ ASSETS: assets, query }));
    },
    '/ads/one.m3u8': media('#EXTINF:2,\nad.ts\n'),
    '/ads/ad.ts': 'an ad',
  });
  const feed = await serve(`${upstream.url}live.m3u8`);
  const list = /LIST="([^"]*)"/.exec(await feed.playlist())?.[1] ?? '';
  const { ASSETS: assets, query } = await (await feed.get(`${list}?_HLS_primary_id=7`)).json();
  expect(query).toBe('_HLS_primary_id=7');
  expect(assets[1].URI).toBe('https://ads.example/two.m3u8');
  const asset = await (await feed.get(new URL(assets[0].URI, new URL(list, feed.url)).href)).text();
  expect(await (await feed.get(uris(asset)[0] ?? '')).text()).toBe('an ad');
});

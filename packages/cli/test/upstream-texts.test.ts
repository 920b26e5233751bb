import { jest } from '@jest/globals';
import { readMagnets } from '@live-torrent/manifest-magnetizer';
import { replaceUrls, urlsOf } from '../src/upstream/playlist-uris.js';
import { closeAll, type HandledUpstream, serve, upstreamWith } from './support/handlers.js';

jest.setTimeout(180_000);
afterEach(closeAll);

const LEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n';
const SEGMENTS = '#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n';
const media: Record<string, string> = { '/a.ts': 'aaaa', '/b.ts': 'bbbbb', '/c.ts': 'cccccc', '/init.mp4': 'init' };

async function upstreamOf(playlist: string, more: Record<string, string> = {}): Promise<HandledUpstream> {
  return upstreamWith({ ...media, ...more, '/live.m3u8': playlist });
}

/** What each URI of the playlist gives that viewers get; quoted ones, and lines without a number sign. */
async function bodies(feed: Awaited<ReturnType<typeof serve>>, playlist: string): Promise<string[]> {
  const found = [...playlist.matchAll(/(?:URI|LIST)="?([^",\n]+)"?|^[ \t]*([^#\s].*)$/gm)];
  return Promise.all(found.map(async ([, quoted, line]) => (await feed.get((quoted ?? line) as string)).text()));
}

describe('-u, text that players take', () => {
  it.each([
    ['indented lines', '#EXTM3U\n  #EXT-X-TARGETDURATION:2\n  #EXTINF:2,\n\ta.ts\n  #EXTINF:2,\n\tb.ts\n'],
    ['attributes after #EXTM3U', `#EXTM3U url-tvg="epg.xml" x=1\n${SEGMENTS}`],
    ['an empty line and a comment before it', `\n# by hand\n${LEAD}${SEGMENTS}`],
    ['session data and steering', `${LEAD}#EXT-X-SESSION-DATA:DATA-ID="a",VALUE="b"\n${SEGMENTS}`],
    ['a MEDIA-SEQUENCE of 64 bits', `${LEAD}#EXT-X-MEDIA-SEQUENCE:18446744073709551000\n${SEGMENTS}`],
  ])('%s: has its segments and their magnets', async (_, playlist) => {
    const upstream = await upstreamOf(playlist);
    const feed = await serve(`${upstream.url}live.m3u8`);
    const given = await feed.playlist();
    expect(readMagnets(given).map(({ length }) => length)).toEqual([4, 5]);
    expect(await bodies(feed, given)).toEqual(['aaaa', 'bbbbb']);
  });

  it.each([
    ['URIs without EXTINF', `${LEAD}a.ts\n#EXTINF:2,\nb.ts\nc.ts\n`, ['aaaa', 'bbbbb', 'cccccc']],
    ['no #EXTM3U', SEGMENTS, ['aaaa', 'bbbbb']],
    ['an unquoted URI', `${LEAD}#EXT-X-MAP:URI=init.mp4\n${SEGMENTS}`, ['init', 'aaaa', 'bbbbb']],
    [
      'relative lists of interstitials',
      `${LEAD}#EXT-X-DATERANGE:ID="i",X-ASSET-LIST="c.ts"\n${SEGMENTS}`,
      ['cccccc', 'aaaa', 'bbbbb'],
    ],
    [
      'steering in a Media Playlist',
      `${LEAD}#EXT-X-CONTENT-STEERING:SERVER-URI="c.ts"\n${SEGMENTS}`,
      ['cccccc', 'aaaa', 'bbbbb'],
    ],
    ['a tag and attribute of a vendor', `${LEAD}#EXT-X-VENDOR:X-URI="/c.ts"\n${SEGMENTS}`, ['cccccc', 'aaaa', 'bbbbb']],
    ['tags of both kinds', `${LEAD}#EXT-X-STREAM-INF:BANDWIDTH=1\n${SEGMENTS}`, ['aaaa', 'bbbbb']],
  ])('%s: everything is reachable', async (_, playlist, expected) => {
    const upstream = await upstreamOf(playlist);
    const feed = await serve(`${upstream.url}live.m3u8`);
    expect(await bodies(feed, await feed.playlist())).toEqual(expected);
  });

  it.each([
    ['tags of Media Playlists', `${LEAD}#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n`],
    ['blanks and a comment', '#EXTM3U\n#EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1\n\n# low\nlow.m3u8\n'],
    ['EXTINF of a list of channels', '#EXTM3U\n#EXTINF:-1 tvg-id="a",A\nlow.m3u8\n'],
    ['an interstitial', `${LEAD}#EXT-X-DATERANGE:ID="i",X-ASSET-URI="low.m3u8"\n`],
  ])('a playlist with %s: the renditions have segments and magnets', async (_, playlist) => {
    const upstream = await upstreamOf(playlist, { '/low.m3u8': LEAD + SEGMENTS });
    const feed = await serve(`${upstream.url}live.m3u8`);
    const [low = ''] = await bodies(feed, await feed.playlist());
    expect(readMagnets(low)).toHaveLength(2);
    expect(await bodies(feed, low)).toEqual(['aaaa', 'bbbbb']);
  });

  it('leaves what it does not know on other hosts as it is', () => {
    const line =
      '#EXT-X-DATERANGE:ID="a",X-ASSET-LIST="https://ads.example/list.json",X-AD-URL="http://ads.example/b.mp4"\n';
    const playlist = Buffer.from(LEAD + line);
    expect(urlsOf(playlist, 'http://origin.example/live.m3u8', undefined)).toEqual([]);
    expect(replaceUrls(playlist, 'http://origin.example/live.m3u8', undefined, () => '/x')).toEqual(
      new Uint8Array(playlist),
    );
  });
});

describe('-u, a playlist beyond a limit', () => {
  it.each([
    ['a line of more than 64 KiB', `${LEAD}#EXT-X-DATERANGE:ID="${'x'.repeat(70_000)}"\n`, 1],
    ['more than 50000 segments', LEAD, 25_001],
    ['a playlist of more than 16 MiB', `${LEAD}${`#${'x'.repeat(60_000)}\n`.repeat(285)}`, 1],
  ])(
    '%s: passes through without magnets, each URI leads to its segment, and the operator is told once',
    async (reason, lead, times) => {
      const upstream = await upstreamOf(lead + SEGMENTS.repeat(times));
      const feed = await serve(`${upstream.url}live.m3u8`);
      const given = await feed.playlist();
      await feed.playlist();
      const lines = given.split('\n').filter((line) => /^[^#]/.test(line));
      expect(lines).toHaveLength(2 * times);
      expect(readMagnets(given)).toEqual([]);
      expect(await Promise.all(lines.slice(-2).map(async (uri) => (await feed.get(uri)).text()))).toEqual([
        'aaaa',
        'bbbbb',
      ]);
      expect(feed.warnings.filter((line) => line.includes(reason))).toEqual([
        `${upstream.url}live.m3u8: ${reason}; it plays without peers`,
      ]);
    },
  );
});

import { PlaylistCatalog, windowOf } from '../src/playlists/playlist-catalog.js';
import { readPlaylist } from '../src/playlists/read-playlist.js';

const URL_LIVE = 'https://cdn.example/live/720p.m3u8';
const hash = (n: number): string => n.toString(16).padStart(40, '0');

/** A Media Playlist of magnetized segments `from` to `to`, 4 s each. */
const media = (from: number, to: number, options: { end?: boolean; stream?: boolean } = {}): string =>
  [
    '#EXTM3U',
    ...(options.stream === false ? [] : [`###live-torrent:?v=1&stream=${hash(999)}&tr=wss%3A%2F%2Ftracker.example`]),
    '#EXT-X-TARGETDURATION:4',
    `#EXT-X-MEDIA-SEQUENCE:${from}`,
    ...Array.from({ length: to - from + 1 }, (_, i) => [
      '#EXTINF:4.0,',
      `###magnet:?xt=urn:btih:${hash(from + i)}&xl=${1_000 + from + i}`,
      `${from + i}.ts`,
    ]).flat(),
    ...(options.end ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');

const url = (n: number): string => `https://cdn.example/live/${n}.ts`;

describe('the playlist catalog', () => {
  it("takes reloads with a player's changing CMCD as one playlist", () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(`${URL_LIVE}?CMCD=sn%3D1`, media(5, 7)), 0);
    const { playlist, first } = catalog.update(readPlaylist(`${URL_LIVE}?CMCD=sn%3D2`, media(6, 8)), 4_000) ?? {};
    expect(first).toBe(false);
    expect(playlist?.url).toBe(URL_LIVE);
  });

  it.each([
    ['?_HLS_msn=9', ''],
    ['?_HLS_msn=9&_HLS_part=1&_HLS_skip=YES', ''],
    ['?token=a&_HLS_msn=9', '?token=a'],
    ['?_HLS_msn=9&token=a', '?token=a'],
  ])('takes blocking reloads as one playlist: %s', (query, plain) => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE + plain, media(5, 7)), 0);
    const { playlist, first } = catalog.update(readPlaylist(URL_LIVE + query, media(6, 8)), 4_000) ?? {};
    expect([first, playlist?.url]).toEqual([false, URL_LIVE + plain]);
  });

  it.each<[string, (reload: number) => [from: string, requested?: string]]>([
    ['a number that changes in its query', (reload) => [`${URL_LIVE}?_t=${reload}`]],
    ['a session of its own by redirect', (reload) => [`https://cdn.example/s/${reload}/live.m3u8`, URL_LIVE]],
    [
      'a session of its own by redirect, and nobody tells of that',
      (reload) => [`https://cdn.example/s/${reload}/live.m3u8`],
    ],
  ])('takes reloads with %s as one playlist', (_, urls) => {
    const catalog = new PlaylistCatalog();
    const [[from, requested], ...reloads] = Array.from({ length: 70 }, (_unused, n) => urls(n)) as [
      [string, string?],
      ...[string, string?][],
    ];
    const { playlist } = catalog.update(readPlaylist(from, media(1, 4), undefined, requested), 0) ?? {};
    for (const [n, [url, asked]] of reloads.entries()) {
      const update = catalog.update(readPlaylist(url, media(2 + n, 5 + n), undefined, asked), 4_000 * n);
      expect([update?.first, update?.playlist === playlist, update?.added.length]).toEqual([false, true, 1]);
    }
    expect([...catalog.playlists]).toEqual([playlist]);
  });

  it.each([
    ['with other bytes under the same numbers', media(5, 7).replaceAll('btih:0', 'btih:1')],
    ['without a number in both', media(8, 9)],
  ])('takes another URL as another playlist, %s', (_, text) => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(5, 7)), 0);
    expect(catalog.update(readPlaylist('https://cdn.example/live/480p.m3u8', text), 0)?.first).toBe(true);
  });

  it('takes two renditions of a Multivariant Playlist as two, though both list the same segments', () => {
    const catalog = new PlaylistCatalog();
    const inf = '#EXT-X-STREAM-INF:BANDWIDTH=1';
    catalog.update(
      readPlaylist('https://cdn.example/live/m.m3u8', `#EXTM3U\n${inf}\n720p.m3u8\n${inf}\n480p.m3u8\n`),
      0,
    );
    for (const name of ['720p', '480p']) {
      const text = media(5, 7);
      expect(catalog.update(readPlaylist(`https://cdn.example/live/${name}.m3u8`, text), 0)?.first).toBe(true);
    }
  });

  it('keeps what a delta update skips', () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(5, 9)), 0);
    const delta = media(9, 10).replace('MEDIA-SEQUENCE:9', 'MEDIA-SEQUENCE:6\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3');
    const { playlist, added } = catalog.update(readPlaylist(`${URL_LIVE}?_HLS_skip=YES`, delta), 4_000) ?? {};
    expect(playlist?.segments.map(({ mediaSequence }) => mediaSequence)).toEqual([6, 7, 8, 9, 10]);
    expect(added?.map(({ mediaSequence }) => mediaSequence)).toEqual([10]);
    expect(catalog.segmentUrls()).toContain(url(7));
  });

  it('knows the segments of a playlist by their URLs', () => {
    const catalog = new PlaylistCatalog();
    const update = catalog.update(readPlaylist(URL_LIVE, media(5, 7)), 0);
    expect(update?.first).toBe(true);
    expect(update?.stream).toMatchObject({ stream: hash(999), announce: ['wss://tracker.example'] });
    expect(update?.playlist).toMatchObject({ live: true, targetDuration: 4_000, requested: undefined });
    expect(catalog.segmentUrls()).toEqual([url(5), url(6), url(7)]);
    expect(catalog.lookup(url(6), undefined)?.listed).toMatchObject({
      infoHash: hash(6),
      length: 1_006,
      mediaSequence: 6,
      duration: 4_000,
    });
    expect(windowOf(update?.playlist as never)).toBe(12_000);
  });

  it('tells what a reload added, and keeps what is known of the playing', () => {
    const catalog = new PlaylistCatalog();
    const first = catalog.update(readPlaylist(URL_LIVE, media(5, 7)), 0);
    if (first) first.playlist.requested = 6;
    const second = catalog.update(readPlaylist(URL_LIVE, media(6, 9)), 4_000);
    expect(second?.first).toBe(false);
    expect(second?.added.map(({ mediaSequence }) => mediaSequence)).toEqual([8, 9]);
    expect(second?.playlist).toBe(first?.playlist);
    expect(second?.playlist.requested).toBe(6);
  });

  it.each([
    ['a Multivariant Playlist', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n'],
    ['a playlist without magnets', '#EXTM3U\n#EXTINF:4,\n1.ts\n'],
    ['something else', '<html></html>'],
    ['nothing', ''],
  ])('ignores %s', (_name, text) => {
    const catalog = new PlaylistCatalog();
    expect(catalog.update(readPlaylist(URL_LIVE, text), 0)).toBeUndefined();
    expect(catalog.segmentUrls()).toEqual([]);
  });

  it('knows the variants of a Multivariant Playlist, and what they need', () => {
    const catalog = new PlaylistCatalog();
    const lines = [
      '#EXTM3U',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,URI="i.m3u8"',
      '#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=1500000,NAME="of two words"',
      'mid.m3u8?_HLS_msn=3',
      '#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=640x360',
      'https://other.example/top.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=4000000',
      'http://[/',
    ];
    expect(catalog.isLadder).toBe(false);
    catalog.update(readPlaylist('https://cdn.example/a/main.m3u8', lines.join('\r\n')), 0);
    expect(catalog.isLadder).toBe(true);
    expect(catalog.isMuxed).toBe(true);
    expect(catalog.variants).toEqual([
      { url: 'https://cdn.example/a/mid.m3u8', bandwidth: 1_500_000 },
      { url: 'https://other.example/top.m3u8', bandwidth: 4_000_000 },
      { url: expect.any(String), bandwidth: 4_000_000 },
    ]);
    catalog.update(readPlaylist(URL_LIVE, media(1, 3)), 0);
    expect(catalog.variants).toHaveLength(3);
  });

  it('knows variants in indented lines, with blanks after commas, and with comments before their URIs', () => {
    const lines = [
      '#EXTM3U',
      '  #EXT-X-STREAM-INF:PROGRAM-ID=1, BANDWIDTH=1500000, CODECS="a,b"',
      '',
      '  # the small one',
      '  mid.m3u8  ',
      '#EXT-X-STREAM-INF:PROGRAM-ID=1, AVERAGE-BANDWIDTH=1, BANDWIDTH=4000000',
      'top.m3u8',
    ];
    for (const terminator of ['\n', '\r\n']) {
      const { variants } = readPlaylist('https://cdn.example/a/main.m3u8', lines.join(terminator));
      expect(variants).toEqual([
        { url: 'https://cdn.example/a/mid.m3u8', bandwidth: 1_500_000 },
        { url: 'https://cdn.example/a/top.m3u8', bandwidth: 4_000_000 },
      ]);
    }
  });

  it('takes no part of a comment or tag for the URI of a variant that has none, however many signs are in it', () => {
    for (const line of ['#EXT-X-STREAM-INF:BANDWIDTH=1,NAME="of two words"', '# a # b', '# '.repeat(10_000)]) {
      const { variants } = readPlaylist(URL_LIVE, `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${line}\n`);
      expect(variants).toEqual([]);
    }
  });

  it('takes a known playlist that has no magnets any more', () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(1, 3)), 0);
    expect(catalog.update(readPlaylist(URL_LIVE, '#EXTM3U\n#EXTINF:4,\n4.ts\n'), 1_000)?.playlist.segments).toEqual([]);
  });

  it('keeps segments one window longer than a live playlist lists them', () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(1, 3)), 0);
    catalog.update(readPlaylist(URL_LIVE, media(4, 6)), 12_000);
    expect(catalog.listedAt(hash(1), url(1), undefined)).toBe(0);
    catalog.update(readPlaylist(URL_LIVE, media(5, 7)), 12_001);
    expect(catalog.listedAt(hash(1), url(1), undefined)).toBeUndefined();
    expect(catalog.lookup(url(1), undefined)).toBeUndefined();
    expect(catalog.listedAt(hash(4), url(4), undefined)).toBe(12_000);
  });

  it('keeps the segments of an ended playlist', () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(1, 3, { end: true })), 0);
    catalog.update(readPlaylist('https://cdn.example/other.m3u8', media(7, 8)), 3_600_000);
    expect(catalog.lookup(url(1), undefined)).toBeDefined();
  });

  it('tells no listing of a segment whose URL has other bytes now', () => {
    const catalog = new PlaylistCatalog();
    catalog.update(readPlaylist(URL_LIVE, media(1, 1)), 0);
    expect(catalog.listedAt(hash(2), url(1), undefined)).toBeUndefined();
  });

  it('tells byte ranges of one resource apart', () => {
    const catalog = new PlaylistCatalog();
    const text = [
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:4',
      ...[0, 1].flatMap((n) => [
        '#EXTINF:4,',
        `#EXT-X-BYTERANGE:1000@${n * 1000}`,
        `###magnet:?xt=urn:btih:${hash(n)}&xl=1000`,
        'all.ts',
      ]),
      '',
    ].join('\n');
    catalog.update(readPlaylist(URL_LIVE, text), 0);
    const all = 'https://cdn.example/live/all.ts';
    expect(catalog.segmentUrls()).toEqual([all]);
    expect(catalog.lookup(all, { offset: 1_000, length: 1_000 })?.listed.infoHash).toBe(hash(1));
    expect(catalog.lookup(all, undefined)).toBeUndefined();
    expect(catalog.lookup(all, { offset: 1_000, length: 999 })).toBeUndefined();
  });

  it('takes a resource that stands several times for the next one in the order of play', () => {
    const catalog = new PlaylistCatalog();
    const names = ['ad', '1', '2', 'ad', '3', '4', 'ad', '5'];
    const text = (end: boolean) =>
      [
        '#EXTM3U',
        '#EXT-X-TARGETDURATION:4',
        ...names.flatMap((name) => [
          '#EXTINF:4,',
          `###magnet:?xt=urn:btih:${hash(name.charCodeAt(0))}&xl=9`,
          `${name}.ts`,
        ]),
        ...(end ? ['#EXT-X-ENDLIST'] : []),
        '',
      ].join('\n');
    const ad = () => catalog.lookup('https://cdn.example/live/ad.ts', undefined)?.listed.mediaSequence;
    const playlist = catalog.update(readPlaylist(URL_LIVE, text(false)), 0)?.playlist;
    if (!playlist) throw new Error('no playlist');
    expect(ad()).toBe(6);
    catalog.update(readPlaylist(URL_LIVE, text(true)), 0);
    expect(ad()).toBe(0);
    for (const [requested, next] of [
      [0, 0],
      [2, 3],
      [3, 3],
      [5, 6],
      [7, 6],
    ]) {
      playlist.requested = requested;
      expect(ad()).toBe(next);
    }
  });

  it('remembers at most 64 playlists, the latest loaded ones', () => {
    const catalog = new PlaylistCatalog();
    for (let n = 0; n < 70; n++) catalog.update(readPlaylist(`https://cdn.example/${n}/a.m3u8`, media(n, n)), n);
    expect([...catalog.playlists]).toHaveLength(64);
    expect(catalog.lookup('https://cdn.example/0/0.ts', undefined)).toBeUndefined();
    expect(catalog.lookup('https://cdn.example/69/69.ts', undefined)).toBeDefined();
  });

  it('tells its listeners of each change until they end', () => {
    const catalog = new PlaylistCatalog();
    let changes = 0;
    const end = catalog.onChange(() => {
      changes += 1;
    });
    catalog.update(readPlaylist(URL_LIVE, media(1, 2)), 0);
    catalog.clear();
    end();
    catalog.update(readPlaylist(URL_LIVE, media(1, 2)), 0);
    expect(changes).toBe(2);
  });
});

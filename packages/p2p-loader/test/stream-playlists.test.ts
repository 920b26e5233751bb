import { StreamPlaylists } from '../src/playlists/stream-playlists.js';

const streams = { a: 'a'.repeat(40), b: 'b'.repeat(40) };

/** A playlist of one segment. */
const text = (stream: keyof typeof streams, end = ''): string =>
  [
    '#EXTM3U',
    `###live-torrent:?v=1&stream=${streams[stream]}&tr=wss%3A%2F%2Ftracker.example`,
    '#EXT-X-TARGETDURATION:4',
    '#EXTINF:4,',
    `###magnet:?xt=urn:btih:${(stream === 'a' ? '1' : '2').repeat(40)}&xl=100`,
    'one.ts',
    end,
    '',
  ].join('\n');

function playlistsOf(onMoved: () => void = () => {}) {
  const playlists = new StreamPlaylists(
    {},
    undefined,
    () => undefined,
    () => false,
    onMoved,
  );
  playlists.own.join();
  const read = (stream: keyof typeof streams, end?: string) =>
    playlists.read(`https://example.org/${stream}/live.m3u8`, text(stream, end));
  return { playlists, read };
}

it('what a player loads once is kept until it may be used, and given once; live playlists come again', () => {
  const { playlists, read } = playlistsOf();
  const [ended, live] = [read('a', '#EXT-X-ENDLIST'), read('a')];
  expect([playlists.keep({ ...ended, url: 'https://example.org/vod' }, 100), playlists.keep(live, 100)]).toEqual([
    true,
    true,
  ]);
  expect(playlists.takeEarly().map(({ url }) => url)).toEqual(['https://example.org/vod']);
  expect(playlists.takeEarly()).toEqual([]);
});

it('a player that turns to another stream: who listens hears of it before anything is forgotten', () => {
  const listed: number[] = [];
  const { playlists, read } = playlistsOf(() => listed.push(playlists.catalog.segmentUrls().length));
  playlists.take(read('a'), 0);
  expect([playlists.named?.stream, playlists.shown?.url]).toEqual([streams.a, 'https://example.org/a/live.m3u8']);
  playlists.take(read('b'), 1_000);
  expect(listed).toEqual([1]);
  expect(playlists.named?.stream).toBe(streams.b);
  expect(playlists.catalog.segmentUrls()).toEqual(['https://example.org/b/one.ts']);
});

it('a playlist that is not of the loader’s stream changes nothing but what is shown', () => {
  const { playlists, read } = playlistsOf();
  for (const [at, stream] of (['a', 'b', 'a'] as const).entries()) playlists.take(read(stream), at * 1_000);
  expect(playlists.take(read('b'), 3_000)).toBeUndefined();
  expect([playlists.named?.stream, playlists.shown]).toEqual([streams.a, undefined]);
  expect(playlists.catalog.segmentUrls()).toEqual(['https://example.org/a/one.ts']);
});

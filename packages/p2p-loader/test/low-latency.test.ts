import { annotatePlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { noBytes } from '../src/figures/accounting.js';
import { LowLatency } from '../src/low-latency/low-latency.js';
import { RangeHosts } from '../src/origin/origin-runs.js';
import { PlaylistCatalog, type PlaylistState } from '../src/playlists/playlist-catalog.js';
import { readPlaylist } from '../src/playlists/read-playlist.js';
import { upcoming } from '../src/schedule/demand.js';
import { Playback } from '../src/schedule/playback.js';
import { Segment, type SegmentEvents } from '../src/segment/segment.js';
import { someBytes } from './fake-source.js';
import { until } from './torrent-fixtures.js';

const URL_ = 'https://cdn.example/live.m3u8';
const at = (name: string): string => `https://cdn.example/${name}`;
const PARTS = 4;
const nothing = (): void => {};

/** Segment `n` in its parts. */
const partsOf = (n: number): Uint8Array[] =>
  Array.from({ length: PARTS }, (_, i) => someBytes(20_000 + 1_000 * i).map((byte) => byte ^ (16 * n + i)));
const wholeOf = (n: number): Uint8Array => Buffer.concat(partsOf(n));

interface Shape {
  readonly ranges?: boolean;
  /** Bytes of a part that are not in its segment. */
  readonly extra?: number;
}

/** A playlist of segments 0 to `count - 1`, and of `growing` parts of the next. */
function playlistOf(count: number, growing: number, { ranges }: Shape = {}, magnets = true): string {
  const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:4', '#EXT-X-MEDIA-SEQUENCE:0'];
  for (let n = 0; n <= count; n++) {
    let from = 0;
    for (const [i, { length }] of partsOf(n)
      .slice(0, n < count ? PARTS : growing)
      .entries()) {
      if (n < count - 3) continue;
      const uri = ranges ? `URI="${n}.mp4",BYTERANGE="${length}@${from}"` : `URI="${n}.${i}.mp4"`;
      lines.push(`#EXT-X-PART:DURATION=1,${uri}`);
      from += length;
    }
    if (n < count) lines.push('#EXTINF:4,', `${n}.mp4`);
  }
  const magnetOf = ({ mediaSequence }: { mediaSequence: number }) => createSegmentMagnet(wholeOf(mediaSequence)).magnet;
  return annotatePlaylist(`${lines.join('\n')}\n`, magnets ? magnetOf : () => undefined);
}

function viewer(shape: Shape = {}) {
  const asked: string[] = [];
  const counters = noBytes();
  const catalog = new PlaylistCatalog();
  const segments = new Map<string, Segment>();
  const events = new Proxy({} as SegmentEvents, { get: () => nothing });
  const playback = new Playback();
  const fetched: typeof fetch = async (input, init) => {
    const [, n = '', , part] = /\/(\d+)(\.(\d))?\.mp4/.exec(String(input)) ?? [];
    const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '');
    asked.push(`${n}${part === undefined ? '' : `.${part}`}${range ? ` ${range[1]}` : ''}`);
    if (range) return new Response(wholeOf(Number(n)).slice(Number(range[1]), Number(range[2]) + 1), { status: 206 });
    const bytes = part === undefined ? wholeOf(Number(n)) : (partsOf(Number(n))[Number(part)] as Uint8Array);
    return new Response(Buffer.concat([bytes, new Uint8Array(shape.extra ?? 0)]));
  };
  const environment = {
    now: () => 0,
    fetch: fetched,
    originRequest: (url: string) => ({ url, init: {} }),
    random: () => 0,
    torrents: () => undefined,
    hosts: new RangeHosts(),
  };
  const take = (infoHash: string, length: number): Segment => {
    const segment = segments.get(infoHash) ?? new Segment(infoHash, length, environment, events);
    segments.set(infoHash, segment);
    return segment;
  };
  const lowLatency = new LowLatency({
    ...environment,
    counters,
    playback,
    segment: (infoHash) => segments.get(infoHash),
    take: ({ infoHash, length }) => take(infoHash, length),
    onPart: nothing,
    peerId: 'a'.repeat(40),
    upload: { open: true, admit: () => 0 },
    mesh: { links: new Map(), ban: nothing, isHelper: () => false },
  });
  let playlist: PlaylistState | undefined;
  const reload = async (text: string) => {
    playlist = catalog.update(readPlaylist(URL_, text), 0)?.playlist;
    if (playlist) lowLatency.list(playlist, URL_, text);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const play = async (n: number, part: number) => {
    const from = partsOf(n)
      .slice(0, part)
      .reduce((sum, { length }) => sum + length, 0);
    const length = partsOf(n)[part]?.length ?? 0;
    const given = shape.ranges
      ? lowLatency.request(at(`${n}.mp4`), { offset: from, length }, {})
      : lowLatency.request(at(`${n}.${part}.mp4`), undefined, {});
    return given && { ...(await given), bytes: (await given).bytes.copy() };
  };
  const segment = (n: number) => segments.get(createSegmentMagnet(wholeOf(n)).infoHash);
  const state = () => playlist as PlaylistState;
  return { asked, counters, lowLatency, reload, play, segment, state, segments, take };
}

describe.each([{ ranges: false }, { ranges: true }])('parts %j', (shape) => {
  it("come from the origin, byte for byte, and make up their segment once the playlist lists it: it is verified, and others' to have", async () => {
    const { asked, counters, reload, play, segment } = viewer(shape);
    await reload(playlistOf(3, 4, shape));
    for (let part = 0; part < PARTS; part++) {
      const given = await play(3, part);
      expect(Buffer.compare(given?.bytes ?? Buffer.alloc(0), partsOf(3)[part] as Uint8Array)).toBe(0);
      expect(given?.source).toBe('origin');
    }
    expect(segment(3)).toBeUndefined();
    await reload(playlistOf(4, 0, shape));
    await until(() => segment(3)?.complete ?? false);
    expect(Buffer.compare(segment(3)?.bytes?.copy() ?? Buffer.alloc(0), wholeOf(3))).toBe(0);
    expect(asked).toHaveLength(PARTS);
    expect(counters).toMatchObject({ originBytes: wholeOf(3).length, peerBytes: 0, originRequests: PARTS });
  });

  it('that are here are not fetched again, be it from the segment that was made of them', async () => {
    const { asked, reload, play, segment } = viewer(shape);
    await reload(playlistOf(3, 4, shape));
    for (let part = 0; part < PARTS; part++) await play(3, part);
    expect((await play(3, 1))?.source).toBe('cache');
    await reload(playlistOf(4, 1, shape));
    await until(() => segment(3)?.complete ?? false);
    const again = await play(3, 2);
    expect(again?.source).toBe('cache');
    expect(Buffer.compare(again?.bytes ?? Buffer.alloc(0), partsOf(3)[2] as Uint8Array)).toBe(0);
    expect(asked).toHaveLength(PARTS);
  });

  it('of which one is missing make up nothing', async () => {
    const { reload, play, segment } = viewer(shape);
    await reload(playlistOf(3, 4, shape));
    for (let part = 1; part < PARTS; part++) await play(3, part);
    await reload(playlistOf(4, 0, shape));
    expect(segment(3)).toBeUndefined();
  });

  it('make up a segment whose magnet comes in a later reload', async () => {
    const { reload, play, segment } = viewer(shape);
    await reload(playlistOf(3, 4, shape));
    for (let part = 0; part < PARTS; part++) await play(3, part);
    await reload(`${playlistOf(3, 4, shape)}#EXTINF:4,\n3.mp4\n`);
    expect(segment(3)).toBeUndefined();
    await reload(playlistOf(4, 0, shape));
    await until(() => segment(3)?.complete ?? false);
  });
});

it('who has the segment has its parts, where the playlist tells their places', async () => {
  const { asked, reload, play, take } = viewer({ ranges: true });
  const { infoHash } = createSegmentMagnet(wholeOf(3));
  await take(infoHash, wholeOf(3).length).offer(wholeOf(3));
  await reload(playlistOf(4, 0, { ranges: true }));
  const given = await play(3, 2);
  expect(given?.source).toBe('cache');
  expect(Buffer.compare(given?.bytes ?? Buffer.alloc(0), partsOf(3)[2] as Uint8Array)).toBe(0);
  expect(asked).toEqual([]);
});

it('parts that are not those of their segments are joined in vain twice, not for ever', async () => {
  const { reload, play, segment, lowLatency } = viewer({ extra: 1 });
  for (let n = 3; n < 7; n++) {
    await reload(playlistOf(n, 4));
    for (let part = 0; part < PARTS; part++) expect((await play(n, part))?.bytes.length).toBe(20_001 + 1_000 * part);
  }
  await reload(playlistOf(7, 0));
  expect(segment(3)?.complete ?? false).toBe(false);
  expect(lowLatency.urls()).toContain(at('6.3.mp4'));
});

it('what is no part is not its own', async () => {
  const { reload, lowLatency } = viewer();
  await reload(playlistOf(3, 1));
  expect(lowLatency.request(at('3.1.mp4'), undefined, {})).toBeUndefined();
  expect(lowLatency.request(at('3.0.mp4'), { offset: 0, length: 10 }, {})).toBeUndefined();
});

it('a part that the origin does not give is left to the network', async () => {
  const { reload, lowLatency } = viewer({ ranges: true });
  await reload('#EXTM3U\n#EXT-X-PART:DURATION=1,URI="9.0.mp4",BYTERANGE="7@3"\n');
  expect(lowLatency.request(at('9.0.mp4'), { offset: 3, length: 7 }, {})).toBeUndefined();
  await reload(`${playlistOf(3, 0)}#EXT-X-PART:DURATION=1,URI="9.mp4",BYTERANGE="999999999@5"\n`);
  await expect(lowLatency.request(at('9.mp4'), { offset: 5, length: 999_999_999 }, {})).rejects.toThrow('bytes');
});

describe('whole segments are loaded ahead', () => {
  const ahead = (playlist: PlaylistState) =>
    upcoming(playlist, 0, () => false).map(({ mediaSequence }) => mediaSequence);

  it('only up to those that the player can have by parts, as long as it takes no such one whole', async () => {
    const { reload, lowLatency, state } = viewer();
    await reload(playlistOf(7, 1));
    const playlist = state();
    playlist.requested = 1;
    expect(ahead(playlist)).toEqual([2, 3]);
    const listed = playlist.segments[5];
    if (listed) lowLatency.asked(listed, playlist);
    expect(ahead(playlist)).toEqual([2, 3, 4, 5, 6]);
    await reload(playlistOf(7, 2));
    expect(ahead(playlist)).toEqual([2, 3, 4, 5, 6]);
  });

  it('not at all once the player asks for parts', async () => {
    const { reload, play, state } = viewer();
    await reload(playlistOf(7, 1));
    state().requested = 1;
    await play(7, 0);
    expect(ahead(state())).toEqual([]);
  });
});

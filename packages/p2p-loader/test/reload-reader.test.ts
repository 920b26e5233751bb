import { readSegments } from '@live-torrent/manifest-magnetizer';
import fc from 'fast-check';
import { PlaylistCatalog, windowOf } from '../src/playlists/playlist-catalog.js';
import { readPlaylist } from '../src/playlists/read-playlist.js';
import { ReloadReader } from '../src/playlists/reload-reader.js';

const FROM = 'https://cdn.example/live/720p.m3u8?token=1';
const hash = (n: number): string => n.toString(16).padStart(40, '0');

/** How segment `n` stands in a playlist at its `version`. */
const lines = (n: number, version = 0): string[] => [
  ...(n % 7 === 3 ? ['#EXT-X-DISCONTINUITY', `#EXT-X-KEY:METHOD=AES-128,URI="k${n}"`] : []),
  ...(n % 11 === 5 ? ['#EXT-X-GAP'] : []),
  `#EXTINF:${1 + (n % 3)}.5,${version > 0 ? `v${version}` : ''}`,
  ...(n % 5 === 4 && version === 0 ? [] : [`###magnet:?xt=urn:btih:${hash(n + 1000 * version)}&xl=${1_000 + n}`]),
  `seg${n}.ts?v=${version}`,
];

interface Shown {
  readonly from: number;
  readonly count: number;
  readonly versions: Readonly<Record<number, number>>;
  readonly sequence: number | undefined;
  readonly end: string;
  readonly head: readonly string[];
  readonly tail: readonly string[];
}

const text = ({ from, count, versions, sequence, end, head, tail }: Shown): string =>
  [
    '#EXTM3U',
    `###live-torrent:?v=1&stream=${hash(999)}&tr=wss%3A%2F%2Ftracker.example`,
    '#EXT-X-TARGETDURATION:4',
    ...(sequence === undefined ? [] : [`#EXT-X-MEDIA-SEQUENCE:${sequence}`]),
    ...head,
    ...Array.from({ length: count }, (_, i) => lines(from + i, versions[from + i])).flat(),
    ...tail,
    '',
  ].join(end);

const shown = fc.record({
  from: fc.nat(12),
  count: fc.nat(30),
  versions: fc.dictionary(fc.nat(40).map(String), fc.nat(2), { maxKeys: 5 }),
  numbered: fc.constantFrom('true', 'true', 'true', 'none', 'other'),
  end: fc.constantFrom('\n', '\n', '\r\n'),
  head: fc.constantFrom([], [], ['#EXT-X-SKIP:SKIPPED-SEGMENTS=3'], ['#EXT-X-MAP:URI="i.mp4"'], ['#EXT-X-GAP']),
  tail: fc.constantFrom(
    [],
    [],
    ['#EXT-X-ENDLIST'],
    ['#EXT-X-BYTERANGE:9@0', '#EXTINF:1,', 'all.ts'],
    ['#EXT-X-TARGETDURATION:9'],
    ['#EXTINF:1,'],
  ),
});

describe('the reader of reloads', () => {
  it('reads each reload as if it had read none before', () => {
    fc.assert(
      fc.property(fc.array(shown, { minLength: 2, maxLength: 6 }), (reloads) => {
        const reader = new ReloadReader((segment) => segment);
        for (const { numbered, ...rest } of reloads) {
          const sequence = numbered === 'none' ? undefined : numbered === 'true' ? rest.from : rest.from + 1;
          const playlist = text({ ...rest, sequence });
          const { taken, firstListed, ...list } = reader.read('live', FROM, playlist);
          const { segments, ...expected } = readSegments(playlist, FROM);
          expect(list).toEqual(expected);
          expect(taken).toEqual(segments);
          expect(firstListed).toBe(segments[0]?.mediaSequence ?? 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('reads on in a long one whatever its lines are, and whatever ends them', () => {
    const odd = fc.constantFrom(
      '',
      ' ',
      '  seg.ts ',
      '\tä.ts',
      'é.ts',
      '?a=1',
      ' #EXT-X-GAP',
      '#note',
      '##',
      '#EXT-X-GAP',
      ' #EXT-X-ENDLIST',
      '\u2028',
    );
    const line = fc.record({ at: fc.nat(90), text: odd });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n', '\r'), (inserted, end) => {
        const reader = new ReloadReader((segment) => segment);
        const show = (from: number): string => {
          const window = { from, sequence: from, count: 90, versions: {}, end: '\n', head: [], tail: [] };
          const shown = text(window).split('\n');
          for (const { at, text } of inserted) shown.splice(20 + at - from, 0, text);
          return shown.join(end);
        };
        for (const from of [0, 1, 2, 3]) {
          const { taken, ...read } = reader.read('live', FROM, show(from));
          const { segments, ...list } = readSegments(show(from), FROM);
          expect(read).toMatchObject(list);
          expect(taken.map((segment, i) => segment ?? segments[i])).toEqual(segments);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads of a window that moves only what is new in it, and what was written anew', () => {
    const taken: string[] = [];
    const reader = new ReloadReader((segment) => {
      taken.push(segment.uri);
      return segment;
    });
    const window = { count: 60, sequence: undefined, end: '\n', head: [], tail: [] };
    const read = (from: number, versions: Record<number, number> = {}): string[] => {
      taken.length = 0;
      reader.read('live', FROM, text({ ...window, from, sequence: from, versions }));
      return [...taken];
    };
    expect(read(0)).toHaveLength(60);
    // The first of each is read for its number.
    expect(read(1)).toEqual(['seg1.ts?v=0', 'seg60.ts?v=0']);
    expect(read(3, { 20: 1, 40: 2 })).toEqual(
      [3, 20, 40, 61, 62].map((n) => `seg${n}.ts?v=${n === 20 ? 1 : n === 40 ? 2 : 0}`),
    );
    expect(read(3, { 20: 1, 40: 2 })).toEqual(['seg3.ts?v=0']);
  });

  it('reads of a long live window the end, and with each reload as many segments before it, until it is the same', () => {
    const taken: number[] = [];
    const reader = new ReloadReader((segment) => {
      taken.push(segment.mediaSequence);
      return segment;
    });
    const window = { count: 250, end: '\n', head: [], tail: [], versions: {} };
    const load = (from: number, end = '\n') => {
      taken.length = 0;
      const playlist = text({ ...window, from, sequence: from, end });
      const read = reader.read('live', FROM, playlist);
      const { segments } = readSegments(playlist, FROM);
      expect(read.taken).toHaveLength(250);
      const wrong = read.taken.filter(
        (segment, i) => segment && JSON.stringify(segment) !== JSON.stringify(segments[i]),
      );
      expect(wrong).toEqual([]);
      return { count: read.taken.filter(Boolean).length, last: read.taken.at(-1)?.mediaSequence };
    };
    expect(load(0)).toEqual({ count: 24, last: 249 });
    expect(taken[0]).toBe(226);
    // And the first for its number.
    expect(load(1)).toEqual({ count: 50, last: 250 });
    expect(taken.length).toBeLessThanOrEqual(27);
    expect(load(5)).toEqual({ count: 78, last: 254 });
    for (const [from, count] of [103, 128, 153, 178, 203, 228, 250].entries()) {
      expect(load(6 + from)).toEqual({ count, last: 255 + from });
    }
    load(12);
    load(12);
    expect(taken).toEqual([12]);
  });

  it('reads of one that has ended all', () => {
    const window = { count: 1_000, end: '\n', head: [], tail: ['#EXT-X-ENDLIST'], versions: {} };
    const reader = new ReloadReader((segment) => segment);
    const all = (tail: string[]): number =>
      reader.read('live', FROM, text({ ...window, tail, from: 0, sequence: 0 })).taken.filter(Boolean).length;
    expect(all(['#EXT-X-ENDLIST'])).toBe(1_000);
    expect(all([])).toBe(24);
    expect(all(['#EXT-X-ENDLIST'])).toBe(1_000);
  });

  it('reads what has nothing in common with what was read before as a whole', () => {
    const reader = new ReloadReader(({ uri }) => uri);
    const window = { count: 5, end: '\n', head: [], tail: [], versions: {} };
    reader.read('live', FROM, text({ ...window, from: 0, sequence: 0 }));
    expect(reader.read('live', FROM, text({ ...window, from: 90, sequence: 90 })).taken).toHaveLength(5);
    expect(reader.read('live', FROM, '').taken).toEqual([]);
    expect(reader.read('live', FROM, text({ ...window, from: 1, sequence: 1 })).taken).toHaveLength(5);
  });
});

describe('the catalog of a window of hours', () => {
  it('sums each window up once a reload, however long it is', () => {
    const catalog = new PlaylistCatalog();
    const window = { count: 2_000, end: '\n', head: [], tail: [], versions: {} };
    const load = (from: number) => catalog.update(readPlaylist(FROM, text({ ...window, from, sequence: from })), from);
    load(0);
    let looks = 0;
    const { playlist } = load(1) ?? {};
    if (!playlist) throw new Error('no playlist');
    const { segments } = playlist;
    Object.defineProperty(playlist, 'segments', {
      get: () => {
        looks += 1;
        return segments;
      },
      set: () => {},
    });
    load(2);
    expect(looks).toBeLessThan(20);
    expect(windowOf(playlist)).toBeGreaterThan(24 * 1_000);
  });
});

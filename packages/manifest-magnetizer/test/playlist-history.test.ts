import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { type ListedSegment, PlaylistHistory, type PlaylistVersion, readSegments } from '../src/index.js';

interface Written {
  readonly uri: string;
  readonly duration?: number;
}
const BASE = 'http://origin.example/live/index.m3u8';

/** A version as it is read from a playlist's text. */
function version(segments: readonly (string | Written)[], mediaSequence?: number | string): PlaylistVersion {
  const lines = segments.map((one) => (typeof one === 'string' ? { uri: one } : one));
  return readSegments(
    [
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:4',
      ...(mediaSequence === undefined ? [] : [`#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`]),
      ...lines.flatMap(({ uri, duration = 4 }) => [`#EXTINF:${duration},`, uri]),
      '',
    ].join('\n'),
    BASE,
  );
}
const names = (first: number, count: number, name = (n: number) => `s${n}.ts`): string[] =>
  Array.from({ length: count }, (_, i) => name(first + i));

/** Loads versions one after the other, 2 s apart unless told otherwise. */
function follow() {
  const history = new PlaylistHistory();
  let now = 0;
  const seen = new Set<string>();
  return {
    history,
    /** How many segments had to be read: names in generations that were not seen before. */
    reads: () => seen.size,
    load(next: PlaylistVersion, { after = 2_000, rewritten = false } = {}): ListedSegment[] {
      now += after;
      const listed = history.update(next, { now, rewritten }) ?? [];
      for (const { key, generation } of listed) seen.add(`${key} ${generation}`);
      return listed;
    },
    unsettled(next: PlaylistVersion): boolean {
      now += 2_000;
      return history.update(next, { now }) === undefined;
    },
  };
}
const keys = (listed: readonly ListedSegment[]) => listed.map(({ key }) => key);
const generations = (listed: readonly ListedSegment[]) => listed.map(({ generation }) => generation);

describe('a segment that stays listed keeps its key and generation', () => {
  it('in a window that slides', () => {
    const { load, reads } = follow();
    for (let first = 7; first < 30; first++) {
      expect(keys(load(version(names(first, 5), first)))).toEqual(
        names(first, 5).map((n) => `http://origin.example/live/${n}`),
      );
    }
    expect(reads()).toBe(27);
  });

  it.each([
    ['missing', undefined],
    ['constant', 7],
    ['beyond 2^53', '123456789012345678901'],
  ])('in a window that slides though its EXT-X-MEDIA-SEQUENCE is %s', (_, mediaSequence) => {
    const { load, reads } = follow();
    for (let first = 0; first < 20; first++) load(version(names(first, 6), mediaSequence));
    expect(reads()).toBe(25);
  });

  it('in a window that slides by several segments, shorter and longer', () => {
    const { load, reads } = follow();
    for (const [first, count] of [
      [0, 6],
      [3, 4],
      [4, 6],
      [8, 3],
      [9, 6],
    ] as const) {
      load(version(names(first, count)));
    }
    expect(reads()).toBe(15);
  });

  it('when numbers go on faster than segments', () => {
    const { load, reads } = follow();
    for (let first = 0; first < 20; first++) load(version(names(first, 6), 100 + 4 * first));
    expect(reads()).toBe(25);
  });

  it('when a segment is put into the middle, or taken out', () => {
    const { load, reads } = follow();
    load(version(names(0, 6), 0));
    load(version(['s0.ts', 's1.ts', 'ad.ts', ...names(2, 4)], 0));
    load(version(['s1.ts', 'ad.ts', ...names(2, 6)], 1));
    load(version(names(2, 7), 3));
    load(version([...names(3, 2), ...names(7, 4)], 4));
    load(version([...names(8, 6)], 6));
    expect(reads()).toBe(15);
  });

  it('in delta updates, and after them', () => {
    const { load, reads } = follow();
    load(version(names(0, 10), 100));
    const delta = readSegments(
      '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:101\n#EXT-X-SKIP:SKIPPED-SEGMENTS=8\n#EXTINF:4,\ns9.ts\n#EXTINF:4,\ns10.ts\n',
      BASE,
    );
    load(delta);
    load(version(names(1, 10), 101));
    load(version(names(2, 10), 102));
    expect(reads()).toBe(12);
  });

  it('when a cache gives the version before', () => {
    const { load, reads } = follow();
    for (const first of [5, 6, 5, 6, 7, 6, 8]) load(version(names(first, 6), first));
    expect(reads()).toBe(9);
  });

  it('when it is a byte range of a single file that grows', () => {
    const { load, reads } = follow();
    const ranges = (first: number, count: number) =>
      readSegments(
        `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${first}\n${names(first, count, (n) => `#EXTINF:4,\n#EXT-X-BYTERANGE:100@${n * 100}\nall.ts\n`).join('')}`,
        BASE,
      );
    for (let first = 0; first < 10; first++) load(ranges(first, 5));
    expect(reads()).toBe(14);
  });
});

describe('tokens that change with each version change neither key nor generation', () => {
  const tokens: [string, (n: number, version: number) => string][] = [
    ['in the query', (n, v) => `s${n}.ts?token=${v}`],
    ['in the query, for each segment another', (n, v) => `s${n}.ts?sig=${v * 1000 + n}&e=${v}`],
    ['in the query, by a name that says nothing', (n, v) => `s${n}.ts?zz=${v}`],
    ['in the query that also names the segment', (n, v) => `get?n=${n}&zz=${v * 1000 + n}`],
    ['in the path', (n, v) => `/exp=${1_700_000_000 + v}~hmac=0123456789abcdef${v}/live/s${n}.ts`],
    ['in the host', (n, v) => `http://edge${v}.example/live/s${n}.ts`],
    ['in the host, out of two', (n, v) => `http://edge${v % 2}.example/live/s${n}.ts`],
    ['in the host, at random', (n, v) => `http://edge${(n * 7 + v * 3) % 5}.example/live/s${n}.ts`],
    ['everywhere', (n, v) => `http://edge${v}.example/0123456789abcdef${v}00/s${n}.ts?token=${v}`],
  ];
  it.each(tokens)('%s', (_, uri) => {
    for (const mediaSequence of [(first: number) => first, () => undefined]) {
      const { load, reads } = follow();
      const first = new Map<number, string>();
      for (let v = 0; v < 20; v++) {
        const listed = load(
          version(
            names(v, 6, (n) => uri(n, v)),
            mediaSequence(v),
          ),
        );
        for (const [i, { key }] of listed.entries()) {
          expect(key).toBe(first.get(v + i) ?? key);
          first.set(v + i, key);
        }
      }
      expect(new Set(first.values()).size).toBe(25);
      expect(reads()).toBe(25);
    }
  });

  it('in a folder that does not look like one, once it has changed twice; the key stays from the start', () => {
    const { load, reads } = follow();
    const first = new Map<number, string>();
    for (let v = 0; v < 20; v++) {
      const listed = load(
        version(
          names(v, 6, (n) => `t${v}/s${n}.ts`),
          v,
        ),
      );
      for (const [i, { key }] of listed.entries()) {
        expect(key).toBe(first.get(v + i) ?? key);
        first.set(v + i, key);
      }
    }
    expect(reads()).toBe(25 + 2 * 5);
  });

  it('beside segments whose URLs have none', () => {
    const { load, reads } = follow();
    for (let v = 0; v < 10; v++) {
      load(
        version(
          names(v, 6, (n) => (n % 3 === 0 ? `http://ads.example/${n}.ts` : `s${n}.ts?token=${v}`)),
          v,
        ),
      );
    }
    expect(reads()).toBe(15);
  });

  it('and the key has none where it is told without, so that it is the same after a restart', () => {
    const { load } = follow();
    expect(
      keys(
        load(
          version(
            names(7, 3, (n) => `s${n}.ts?q=1&token=${n}`),
            7,
          ),
        ),
      ),
    ).toEqual(names(7, 3).map((n) => `http://origin.example/live/${n}?q=1`));
    const same = load(
      version(
        names(7, 3, (n) => `get?token=${n}`),
        10,
      ),
    );
    expect(new Set(keys(same)).size).toBe(3);
  });
});

describe('a URL that may have other bytes is in another generation', () => {
  it('when a ring of names comes round', () => {
    const { load, reads } = follow();
    const ring = (n: number) => `s${n % 7}.ts`;
    for (let first = 0; first < 30; first++) load(version(names(first, 5, ring), first));
    expect(reads()).toBe(34);
  });

  it('when a ring of names comes round between two looks', () => {
    const { load } = follow();
    const ring = (n: number) => `s${n % 5}.ts`;
    const before = load(version(names(0, 5, ring), 0));
    const after = load(version(names(5, 5, ring), 5));
    expect(keys(after)).toEqual(keys(before));
    expect(generations(after).filter((one) => generations(before).includes(one))).toEqual([]);
  });

  it.each([
    ['of a list that grows', 0, 1],
    ['of a window', 5, 3],
  ])('when the encoder starts again with the same names and numbers %s', (_, first, count) => {
    const { load } = follow();
    const before = load(version(names(first, 6), first));
    const again = load(version(names(0, count), 0));
    const later = load(version(names(0, count + 1), 0));
    for (const { key, generation } of [...again, ...later]) {
      expect(before.find((one) => one.key === key)?.generation).not.toBe(generation);
    }
    expect(generations(later).slice(0, count)).toEqual(generations(again));
  });

  it('when the encoder starts again before its third segment', () => {
    const { load } = follow();
    const [before] = load(version(names(0, 2), 0));
    const [after] = load(version(names(0, 1), 0));
    expect(after?.generation).not.toBe(before?.generation);
    const [rewritten] = load(version(names(0, 1), 0), { rewritten: true });
    expect(rewritten?.generation).not.toBe(after?.generation);
  });

  it('when the encoder starts again and its playlist has no numbers', () => {
    const { load } = follow();
    const before = [...names(0, 6), 'x'].flatMap((_, i) => load(version(names(i, 6))));
    const [after] = load(version(names(8, 1)));
    expect(generations(before)).not.toContain(after?.generation);
  });

  it('when its EXTINF is another one', () => {
    const { load } = follow();
    const before = load(version(['a.ts', 'b.ts', { uri: 'c.ts', duration: 4 }], 7));
    const after = load(version(['a.ts', 'b.ts', { uri: 'c.ts', duration: 3.2 }], 7));
    expect(generations(after).map((one, i) => one === generations(before)[i])).toEqual([true, true, false]);
    expect(keys(after)).toEqual(keys(before));
  });

  it.each([
    ['before each segment', () => true],
    ['before the first one', (i: number) => i === 0],
  ])('when its date is another one, as after a restart with the same names and numbers: dates %s', (_, isDated) => {
    const dated = (first: number, count: number, start: number): PlaylistVersion => {
      const { segments, ...list } = version(names(first, count), first);
      const date = (i: number) => start + 4_000 * (first + i);
      return { ...list, segments: segments.map((one, i) => (isDated(i) ? { ...one, programDateTime: date(i) } : one)) };
    };
    const { load } = follow();
    const before = generations(load(dated(0, 3, 1_000_000)));
    expect(generations(load(dated(0, 4, 1_000_000))).slice(0, 3)).toEqual(before);
    // Some servers reckon dates by the time of the answer.
    expect(generations(load(dated(0, 4, 1_004_000))).slice(0, 3)).toEqual(before);
    const after = generations(load(dated(0, 4, 1_020_500), { after: 10_000 }));
    expect(after.some((one) => before.includes(one))).toBe(false);
    expect(generations(load(dated(1, 4, 1_020_500))).slice(0, 3)).toEqual(after.slice(1));
  });

  it('when nobody has looked for as long as an encoder needs to write the same names again', () => {
    const { load } = follow();
    const young = load(version(names(0, 4), 0));
    expect(generations(load(version(names(0, 4), 0), { after: 15_000 }))).toEqual(generations(young));
    expect(generations(load(version(names(0, 4), 0), { after: 17_000 }))).not.toEqual(generations(young));
    const old = load(version(names(100, 4), 100));
    expect(generations(load(version(names(100, 4), 100), { after: 50_000 }))).toEqual(generations(old));
    expect(generations(load(version(names(100, 4), 100), { after: 61_000 }))).not.toEqual(generations(old));
  });

  it('when the same file names come from another folder', () => {
    const { load } = follow();
    const before = load(
      version(
        names(7, 6, (n) => `primary/s${n}.ts`),
        7,
      ),
    );
    const after = load(
      version(
        names(7, 6, (n) => `backup/s${n}.ts`),
        7,
      ),
    );
    expect(keys(after)).toEqual(keys(before));
    expect(generations(after)).not.toEqual(generations(before));
  });

  it('but not when an ended playlist is looked at again after hours', () => {
    const { load } = follow();
    const ended = { ...version(names(0, 4), 0), endList: true };
    const before = load(ended);
    expect(generations(load(ended, { after: 36_000_000 }))).toEqual(generations(before));
  });
});

describe('reads are bounded', () => {
  it('when one URL is listed many times: one for each time that it is listed anew, at most', () => {
    const { load, reads } = follow();
    const slates = (n: number) => (n % 3 === 0 ? `s${n}.ts` : 'slate.ts');
    for (const mediaSequence of [(first: number) => first, () => undefined]) {
      for (let first = 0; first < 12; first++) load(version(names(first, 6, slates), mediaSequence(first)));
    }
    expect(reads()).toBeLessThanOrEqual(2 * 17);
    const all = follow();
    for (let first = 0; first < 12; first++)
      all.load(
        version(
          names(first, 6, () => 'slate.ts'),
          first,
        ),
      );
    expect(all.reads()).toBeLessThanOrEqual(12);
  });

  it('and so is work, however often one URL is listed: twice as many cost about twice as much', () => {
    const work = (count: number): number => {
      const history = new PlaylistHistory();
      const reload = (first: number) =>
        version(
          names(first, count, () => 'slate.ts'),
          first,
        );
      history.update(reload(0), { now: 0 });
      const next = reload(1);
      const set = jest.spyOn(Map.prototype, 'set');
      history.update(next, { now: 4_000 });
      const calls = set.mock.calls.length;
      set.mockRestore();
      return calls;
    };
    expect(work(400) / work(200)).toBeLessThan(2.5);
  });

  it('when two encoders with other names take turns behind one URL', () => {
    const { load, reads } = follow();
    for (let i = 0; i < 20; i++) {
      load(
        version(
          names(100 + i, 5, (n) => `a${n}.ts`),
          100 + i,
        ),
      );
      load(
        version(
          names(3 + i, 5, (n) => `b${n}.ts`),
          3 + i,
        ),
      );
    }
    expect(reads()).toBe(48);
  });

  it('when two encoders with the same names take turns, and at most twice for each name', () => {
    const { load, reads } = follow();
    for (let i = 0; i < 20; i++) {
      load(version(names(20 + i, 5), 20 + i));
      load(version(names(3 + i, 5), 3 + i));
    }
    expect(reads()).toBeLessThanOrEqual(2 * 41);
  });

  it('when a playlist jumps back and forth: nothing is said of it then, until it goes on for a minute', () => {
    const { load, reads, unsettled } = follow();
    for (let i = 0; i < 20; i++) {
      load(version(names(0, 9), 0));
      load(version(names(0, 4), 0));
    }
    expect(reads()).toBeLessThanOrEqual(4 * 9);
    expect(unsettled(version(names(0, 4), 0))).toBe(true);
    expect(load(version(names(0, 5), 0), { after: 61_000 })).toHaveLength(5);
  });

  it('and so is memory: what has left the playlist is forgotten', () => {
    const { load, history } = follow();
    for (let first = 0; first < 500; first++) load(version(names(first, 5), first));
    expect(history.size).toBeLessThanOrEqual(105);
  });
});

/** An encoder with restarts, rings, late slides and bad numbers, and the truth about what its URLs have. */
const step = fc.record({
  advance: fc.integer({ min: 0, max: 3 }),
  dice: fc.integer({ min: 0, max: 9 }),
});

it('a key and generation never stand for two contents, whatever the encoder does between two looks', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 3, max: 6 }),
      fc.constantFrom(undefined, 7, 9),
      fc.boolean(),
      (steps, window, ring, tokens) => {
        const { load } = follow();
        const contents = new Map<string, number>();
        let [content, written] = [0, 0];
        /** The last writing of each name. */
        let files = new Map<string, number>();
        const name = (n: number) => `s${ring === undefined ? n : n % ring}.ts`;
        for (const [v, { advance, dice }] of steps.entries()) {
          const restarted = dice === 0;
          if (restarted) [written, files] = [0, new Map()];
          // An encoder that starts again has written one segment when it is looked at.
          for (let i = 0; i < (restarted || written === 0 ? 1 : advance); i++) files.set(name(written++), content++);
          const first = Math.max(0, written - window);
          const uris = names(first, Math.min(window, written), (n) => `${name(n)}${tokens ? `?token=${v}` : ''}`);
          const after = restarted ? 4_500 : 1_000 + 4_000 * advance;
          for (const [i, { key, generation }] of load(version(uris, first), { after }).entries()) {
            const has = files.get(name(first + i)) as number;
            const id = `${key} ${generation}`;
            expect(contents.get(id) ?? has).toBe(has);
            contents.set(id, has);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('every playlist of the corpus has as many keys as it has names', () => {
  const text = readFileSync(`${import.meta.dirname}/fixtures/live.m3u8`);
  const list = readSegments(text, BASE);
  const listed = new PlaylistHistory().update(list, { now: 0 });
  expect(new Set(listed?.map(({ key }) => key)).size).toBe(new Set(list.segments.map(({ uri }) => uri)).size);
});

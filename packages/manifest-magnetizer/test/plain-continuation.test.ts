import { jest } from '@jest/globals';
import fc from 'fast-check';
import { Lineage } from '../src/magnetizer/lineage.js';
import { PlaylistHistory } from '../src/magnetizer/playlist-history.js';
import type { PlaylistVersion } from '../src/magnetizer/playlist-version.js';

afterEach(() => jest.restoreAllMocks());

interface Step {
  readonly advance: number;
  readonly grow: number;
  readonly wait: number;
  readonly edit:
    | 'none'
    | 'token'
    | 'duration'
    | 'date'
    | 'swap'
    | 'twice'
    | 'restart'
    | 'back'
    | 'constant'
    | 'end'
    | 'ring';
}

const edits: readonly Step['edit'][] = [
  'token',
  'duration',
  'date',
  'swap',
  'twice',
  'restart',
  'back',
  'constant',
  'end',
  'ring',
];
const step: fc.Arbitrary<Step> = fc.record({
  advance: fc.nat(3),
  grow: fc.integer({ min: -2, max: 2 }),
  wait: fc.constantFrom(0, 2_000, 4_000, 70_000),
  edit: fc.oneof({ weight: 3, arbitrary: fc.constant<Step['edit']>('none') }, fc.constantFrom(...edits)),
});

/** Versions of a playlist, each made of the one before. */
function versionsOf(steps: readonly Step[]): { version: PlaylistVersion; now: number }[] {
  const state = { first: 0, length: 5, now: 0, token: '', run: 0, dates: 0 };
  return steps.map(({ advance, grow, wait, edit }) => {
    state.now += wait;
    state.length = Math.max(1, state.length + grow);
    state.first += advance;
    if (edit === 'token') state.token = `?token=${state.now}${advance}`;
    if (edit === 'restart') Object.assign(state, { first: 0, run: state.run + 1 });
    if (edit === 'back') state.first = Math.max(0, state.first - 3);
    if (edit === 'date') state.dates += 1_000_000;
    const segments = Array.from({ length: state.length }, (_, i) => {
      const number = state.first + i;
      const name = edit === 'ring' ? number % 4 : edit === 'twice' && i === 1 ? number - 1 : number;
      return {
        uri: `${name}`,
        url: `http://h/${state.run % 2}/${name}.ts${state.token}`,
        mediaSequence: edit === 'constant' ? i : number,
        duration: edit === 'duration' && i === 0 ? 3 : 2,
        programDateTime: state.dates + number * 2_000,
      };
    });
    if (edit === 'swap' && segments.length > 2) {
      const [a, b] = [segments[0], segments[1]] as [(typeof segments)[0], (typeof segments)[0]];
      [a.url, b.url] = [b.url, a.url];
    }
    const mediaSequence = segments[0]?.mediaSequence ?? 0;
    return { version: { mediaSequence, endList: edit === 'end', segments }, now: state.now };
  });
}

const told = (steps: readonly Step[]): string[] => {
  const history = new PlaylistHistory();
  return versionsOf(steps).map(({ version, now }) =>
    JSON.stringify([history.update(version, { now }) ?? null, history.size]),
  );
};

/** What `tell` tells where no version plainly goes on. */
function neverPlainly<T>(tell: () => T): T {
  const plain = jest.spyOn(Lineage.prototype, 'continuation').mockReturnValue(undefined);
  try {
    return tell();
  } finally {
    plain.mockRestore();
  }
}

it('a version that plainly goes on is told of as any other one is', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 30 }), (steps) => {
      expect(told(steps)).toEqual(neverPlainly(() => told(steps)));
    }),
    { numRuns: 500 },
  );
});

it('most versions plainly go on', () => {
  const goOn = jest.spyOn(Lineage.prototype, 'goOn');
  told(Array.from({ length: 100 }, () => ({ advance: 1, grow: 0, wait: 2_000, edit: 'none' as const })));
  expect(goOn).toHaveBeenCalledTimes(99);
});

import fc from 'fast-check';
import { missingRun, RangeHosts, RUN_LENGTH } from '../src/origin/origin-runs.js';

const MIB = 1024 * 1024;

describe('a run of what is missing', () => {
  it.each<[string, number, number, number[], number, { from: number; to: number } | undefined]>([
    ['is the whole of a short segment', 900_000, 65_536, [], 0, { from: 0, to: 900_000 }],
    ['is one of a long segment, by chance', 2.5 * MIB, MIB / 4, [], 0.5, { from: MIB, to: 2 * MIB }],
    ['ends with the segment', 2.5 * MIB, MIB / 4, [], 0.99, { from: 2 * MIB, to: 2.5 * MIB }],
    ['leaves out what is here at its ends', MIB, MIB / 4, [0, 3], 0, { from: MIB / 4, to: (3 * MIB) / 4 }],
    ['ends before what is here', MIB, MIB / 4, [1, 2], 0, { from: 0, to: MIB / 4 }],
    ['is a piece where pieces are longer', 6 * MIB, 2 * MIB, [0, 1], 0, { from: 4 * MIB, to: 6 * MIB }],
    ['is none when nothing is missing', 500_000, 262_144, [0, 1], 0, undefined],
  ])('%s', (_rule, length, pieceLength, here, u, run) => {
    expect(missingRun(length, pieceLength, (index) => !here.includes(index), u)).toEqual(run);
  });

  it('after run, all is here, whatever was; none is longer than its bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 * MIB }),
        fc.constantFrom(65_536, MIB / 4, MIB, 2 * MIB),
        fc.uniqueArray(fc.nat(63)),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (length, pieceLength, already, u) => {
          const here = new Set(already);
          for (let turn = 0; ; turn++) {
            const run = missingRun(length, pieceLength, (index) => !here.has(index), u);
            if (!run) break;
            expect(run.to - run.from).toBeLessThanOrEqual(Math.max(RUN_LENGTH, pieceLength));
            expect(run.from % pieceLength).toBe(0);
            for (let at = run.from; at < run.to; at += pieceLength) here.add(at / pieceLength);
            // One for each run, and one more for each hole.
            expect(turn).toBeLessThan(20 + already.length);
          }
          for (let at = 0; at < length; at += pieceLength) expect(here.has(at / pieceLength)).toBe(true);
        },
      ),
    );
  });
});

describe('what hosts do with Range', () => {
  it('is known by host once it was seen, for 64 hosts at most', () => {
    const hosts = new RangeHosts();
    expect(hosts.honours('https://cdn.example/1.ts')).toBeUndefined();
    hosts.learn('https://cdn.example/1.ts', true);
    hosts.learn('https://old.example:8080/1.ts', false);
    expect(hosts.honours('https://cdn.example/2.ts')).toBe(true);
    expect(hosts.honours('https://old.example:8080/')).toBe(false);
    for (let n = 0; n < 63; n++) hosts.learn(`https://${n}.example/`, true);
    expect(hosts.honours('https://cdn.example/')).toBeUndefined();
    expect(hosts.honours('https://old.example:8080/')).toBe(false);
  });
});

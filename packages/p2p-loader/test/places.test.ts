import { drawnFrom, isBefore, placeFor, rankFor } from '../src/schedule/places.js';
import { hash } from './scheduler-fixtures.js';

const IDS = [3, 5, 9, 17, 33].map(hash);

describe('the order of those who want a segment of one viewer', () => {
  it('is the same for all: each has another rank', () => {
    const ranks = IDS.map((id) => rankFor(hash(77), id, IDS));
    expect(ranks.sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('is another one for each segment', () => {
    const first = (infoHash: string): string | undefined => IDS.find((id) => rankFor(infoHash, id, IDS) === 0);
    expect(IDS.map(first)).toEqual(IDS);
  });

  it('is one in which each comes before those of higher rank', () => {
    const ranked = [...IDS].sort((a, b) => rankFor(hash(77), a, IDS) - rankFor(hash(77), b, IDS));
    expect([...IDS].sort((a, b) => (isBefore(hash(77), a, b) ? -1 : 1))).toEqual(ranked);
    expect(isBefore(hash(77), hash(3), hash(3))).toBe(false);
  });

  it('begins with a viewer that knows of no others', () => {
    expect(rankFor(hash(77), hash(3), [])).toBe(0);
  });
});

describe("a viewer's place", () => {
  const links = (...ids: string[]) => [{ id: ids[0] as string, neighbours: new Set(ids.slice(1)) }];

  it('counts those at the other ends of links and whom they are linked to, each once, and itself', () => {
    const [a, b, c, d] = IDS as [string, string, string, string];
    const known = [{ id: b, neighbours: new Set([a, c]) }, ...links(c, b, d)];
    expect(placeFor(hash(77), a, known)).toEqual({ rank: rankFor(hash(77), a, [b, c, d]), of: 4 });
    expect(placeFor(hash(77), a, [])).toEqual({ rank: 0, of: 1 });
  });

  it('keeps those that know of each other from drawing the same, and leaves the whole of [0, 1) to all', () => {
    const drawn = IDS.map((id) => placeFor(hash(77), id, links(...IDS))).flatMap((place) => [
      drawnFrom(place, 0),
      drawnFrom(place, 0.999),
    ]);
    const tenths = drawn.sort((a, b) => a - b).map((u) => Math.round(10 * u));
    expect(tenths).toEqual([0, 2, 2, 4, 4, 6, 6, 8, 8, 10]);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(drawnFrom({ rank: 0, of: 1 }, 0.25)).toBe(0.25);
  });
});

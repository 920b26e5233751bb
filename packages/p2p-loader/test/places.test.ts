import { rankFor } from '../src/schedule/places.js';
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

  it('begins with a viewer that knows of no others', () => {
    expect(rankFor(hash(77), hash(3), [])).toBe(0);
  });
});

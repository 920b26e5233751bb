import { bestFirst } from '../src/schedule/candidates.js';
import { type FakeLink, hash, World } from './scheduler-fixtures.js';

const H = hash(77);
const world = new World();
const known = (n: number, ...sets: ('has' | 'fetching' | 'receiving')[]): FakeLink => {
  const link = world.link(n);
  for (const set of sets) link[set].add(H);
  return link;
};
const order = (links: readonly FakeLink[], recent: string[] = [], slow: FakeLink[] = []): string[] =>
  bestFirst(
    links.map(({ asLink }) => asLink),
    H,
    ({ id }) => slow.some((link) => link.id === id),
    recent,
    () => 0.5,
  ).map(({ id }) => id);

const [none, receives, fetches, has] = [known(1), known(2, 'receiving'), known(3, 'fetching'), known(4, 'has')];
const other = known(5, 'has', 'receiving');

describe('the links that a segment can be had from', () => {
  it('are those that have it, then those that fetch it, then those that receive it', () => {
    expect(order([none, receives, fetches, has])).toEqual([has.id, fetches.id, receives.id]);
  });

  it('are the fast ones first', () => {
    expect(order([has, receives], [], [has])).toEqual([receives.id, has.id]);
  });

  it('are those that gave least lately, of those that have equally much', () => {
    expect(order([has, other], [has.id, has.id, other.id])).toEqual([other.id, has.id]);
    expect(order([other, has], [other.id])).toEqual([has.id, other.id]);
    expect(order([fetches, has], [has.id, has.id, has.id])).toEqual([has.id, fetches.id]);
  });
});

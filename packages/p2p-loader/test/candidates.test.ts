import { bestFirst } from '../src/schedule/candidates.js';
import { type FakeLink, hash, World } from './scheduler-fixtures.js';

const H = hash(77);
const world = new World();
const known = (n: number, ...sets: ('has' | 'fetching' | 'receiving')[]): FakeLink => {
  const link = world.link(n);
  for (const set of sets) link[set].add(H);
  return link;
};
const order = (links: readonly FakeLink[], slow: FakeLink[] = [], random = () => 0.5): string[] =>
  bestFirst(
    links.map(({ asLink }) => asLink),
    H,
    ({ id }) => slow.some((link) => link.id === id),
    random,
  ).map(({ id }) => id);

const [none, receives, fetches, has] = [known(1), known(2, 'receiving'), known(3, 'fetching'), known(4, 'has')];
const other = known(5, 'has', 'receiving');

describe('the links that a segment can be had from', () => {
  it('are those that have it, then those that fetch it, then those that receive it', () => {
    expect(order([none, receives, fetches, has])).toEqual([has.id, fetches.id, receives.id]);
  });

  it('are the fast ones first', () => {
    expect(order([has, receives], [has])).toEqual([receives.id, has.id]);
  });

  it('are in any order where they have equally much', () => {
    const draws =
      (...numbers: number[]) =>
      () =>
        numbers.shift() ?? 0;
    expect(order([has, other], [], draws(0.7, 0.3))).toEqual([other.id, has.id]);
    expect(order([has, other], [], draws(0.3, 0.7))).toEqual([has.id, other.id]);
    expect(order([fetches, has], [], draws(0, 0.9))).toEqual([has.id, fetches.id]);
  });
});

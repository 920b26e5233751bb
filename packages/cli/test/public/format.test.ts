import { niceCeiling } from '../../public/flow-chart.js';
import { formatBytes, formatCount, formatRate } from '../../public/format.js';
import { readOptions } from '../../public/options.js';

describe('figures in words', () => {
  it.each([
    [0, '0 MB'],
    [300, '1 kB'],
    [48_200, '48 kB'],
    [1_340_000, '1.3 MB'],
    [99_949_999, '99.9 MB'],
    [99_960_000, '100 MB'],
    [2_100_000_000, '2.1 GB'],
  ])('writes %d bytes as %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words));

  it('writes rates and counts', () => {
    expect(formatRate(0)).toBe('0 kB/s');
    expect(formatRate(50_000)).toBe('50 kB/s');
    expect([0, 1, 2].map((count) => formatCount(count, 'link'))).toEqual(['no links', '1 link', '2 links']);
  });

  it.each([
    [20_000, 20_000],
    [21_000, 30_000],
    [61_000, 100_000],
  ])('ends the axis of %d at %d', (value, top) => expect(niceCeiling(value)).toBe(top));
});

describe('the page’s options', () => {
  it('are worker, which nothing waits for unless 1, and p2p, on unless 0', () => {
    expect(readOptions('')).toEqual({ worker: 'next visit', p2p: true });
    expect(readOptions('?worker=1')).toEqual({ worker: 'awaited', p2p: true });
    expect(readOptions('?worker=0&p2p=0')).toEqual({ worker: 'never', p2p: false });
  });
});

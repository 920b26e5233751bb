import { burdenOf } from '../src/schedule/burden.js';

const fetched = { length: 100, originBytes: 100, helperBytes: 0 };
const given = { length: 100, originBytes: 0, helperBytes: 0 };

describe("a viewer's burden", () => {
  it('is none before enough segments tell', () => {
    expect(burdenOf([fetched, fetched, fetched], 8)).toBe(0);
  });

  it('is three times what it fetched beyond its share', () => {
    expect(burdenOf([fetched, given, given, given], 4)).toBe(0);
    expect(burdenOf([fetched, fetched, ...Array(6).fill(given)], 8)).toBeCloseTo(3 / 7);
    expect(burdenOf([fetched, fetched, given, given], 4)).toBe(1);
    expect(burdenOf([fetched, fetched, fetched, fetched], 8)).toBe(1);
    expect(burdenOf([fetched, fetched, fetched, fetched], 2)).toBe(1);
  });

  it('is as large where a helper gave it in the origin’s place', () => {
    const helped = { ...given, helperBytes: 100 };
    expect(burdenOf([helped, helped, given, given], 4)).toBe(1);
  });

  it('forgets what is long ago', () => {
    expect(burdenOf([fetched, fetched, ...Array(8).fill(given)], 8)).toBe(0);
  });
});

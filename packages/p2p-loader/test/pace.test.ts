import { Throughput } from '../src/mesh/throughput.js';
import { type Arrival, arrivalRate, arrivesInTime, inTheWay, isSlow } from '../src/schedule/pace.js';

const arrival = (changes: Partial<Arrival> = {}): Arrival => ({
  now: 2_000,
  dueAt: 6_000,
  duration: 4_000,
  missing: 300_000,
  received: 200_000,
  firstByteAt: 0,
  ...changes,
});

describe('a segment arrives in time', () => {
  it('while what is missing comes, at the rate until now, a margin before the player needs it', () => {
    expect(arrivalRate(arrival())).toBe(100_000);
    // 3 s for the rest, and 3 s until the margin.
    expect(arrivesInTime(arrival())).toBe(true);
    expect(arrivesInTime(arrival({ missing: 300_001 }))).toBe(false);
    expect(arrivesInTime(arrival({ dueAt: 5_999 }))).toBe(false);
  });

  it('as far as one can hope, before there is anything to tell it from: half the time that silence is borne', () => {
    expect(arrivesInTime(arrival({ firstByteAt: undefined }))).toBe(true);
    expect(arrivesInTime(arrival({ received: 1, firstByteAt: 1_201 }))).toBe(true);
    expect(arrivesInTime(arrival({ received: 1, firstByteAt: 1_200 }))).toBe(false);
    expect(arrivesInTime(arrival({ received: 1, firstByteAt: 1_600, duration: 2_000 }))).toBe(false);
    expect([arrivalRate(arrival({ firstByteAt: undefined })), arrivalRate(arrival({ firstByteAt: 2_000 }))]).toEqual([
      0, 0,
    ]);
  });
});

describe('a giver', () => {
  const need = { missing: 400_000, slack: 2_000, duration: 4_000 };

  it('is slow that would not bring its part in time; one that was never asked is not', () => {
    expect(isSlow({ rate: 99_999 }, need, 2)).toBe(true);
    expect(isSlow({ rate: 100_000 }, need, 2)).toBe(false);
    expect(isSlow({ rate: undefined }, need, 2)).toBe(false);
    // Nobody is fast enough then.
    expect(isSlow({ rate: 1 }, { ...need, slack: 0 }, 2)).toBe(false);
  });

  it('is in the way that owes for longer than silence is borne, when the others are sooner done with all', () => {
    const slow = { rate: 50_000, owed: 100_000, alone: false };
    const fast = { rate: 1_000_000, owed: 200_000, alone: false };
    expect(inTheWay([slow, fast], need)).toEqual([slow]);
    // 1.6 s of 4 s are borne.
    expect(inTheWay([{ ...slow, owed: 80_000 }, fast], need)).toEqual([]);
    expect(inTheWay([{ ...slow, owed: 60_000 }, fast], { ...need, slack: 1_000 })).toHaveLength(1);
    expect(inTheWay([{ ...slow, owed: 0 }, fast], need)).toEqual([]);
  });

  it('is not in the way with something that the others do not have', () => {
    const slow = { rate: 50_000, owed: 100_000, alone: true };
    expect(inTheWay([slow, { rate: 1_000_000, owed: 200_000, alone: false }], need)).toEqual([]);
  });

  it('is not in the way where nobody known to be faster is left, however slow it is', () => {
    const slow = { rate: 1_000, owed: 100_000, alone: false };
    expect(inTheWay([slow], need)).toEqual([]);
    expect(inTheWay([slow, { rate: undefined, owed: 0, alone: false }], need)).toEqual([]);
    expect(inTheWay([slow, { rate: 1_000, owed: 100_000, alone: false }], need)).toEqual([]);
    expect(
      inTheWay(
        [
          { rate: 0, owed: 2, alone: false },
          { rate: 1_000_000, owed: 0, alone: false },
        ],
        need,
      ),
    ).toHaveLength(1);
  });
});

describe("a link's throughput", () => {
  it('is unknown before anything was asked of it', () => {
    expect(new Throughput().rate).toBeUndefined();
    expect(new Throughput().bestAt(0)).toBe(0);
  });

  it('is what it gave in the time it was asked, the last seconds most', () => {
    const link = new Throughput();
    link.add(100_000, 1_000, 1_000);
    expect(link.rate).toBeCloseTo(100_000);
    for (let second = 0; second < 20; second++) link.add(10_000, 1_000, 1_000);
    expect(link.rate).toBeGreaterThan(10_000);
    expect(link.rate).toBeLessThan(11_000);
  });

  it('says nothing any more of a viewer that was long asked for nothing', () => {
    const link = new Throughput();
    expect(link.rateAt(0)).toBeUndefined();
    link.add(100_000, 1_000, 5_000);
    expect(link.rateAt(15_000)).toBeCloseTo(100_000);
    expect(link.rateAt(15_001)).toBeUndefined();
    expect(link.rate).toBeCloseTo(100_000);
    link.add(50_000, 1_000, 16_000);
    expect(link.rateAt(16_000)).toBeLessThan(100_000);
  });

  it('has a best of late, told from 100 ms or 512 KiB of being asked', () => {
    const link = new Throughput();
    link.add(100_000, 20, 1_000);
    expect(link.bestAt(1_000)).toBe(0);
    link.add(100_000, 80, 1_100);
    expect(link.bestAt(1_100)).toBe(2_000_000);
    link.add(100_000, 1_000, 5_000);
    expect(link.bestAt(31_100)).toBe(2_000_000);
    expect(link.bestAt(31_101)).toBe(0);
    for (let block = 0; block < 4; block++) link.add(131_072, 5, 32_000);
    expect(link.bestAt(32_000)).toBe((1_000 * 4 * 131_072) / 20);
  });

  it('falls while it is silent', () => {
    const link = new Throughput();
    link.add(100_000, 1_000, 1_000);
    link.add(0, 2_000, 3_000);
    expect(link.rate).toBeLessThan(50_000);
  });
});

import { LinkRate } from '../src/segment/link-rate.js';

/** The player has enough in its buffer. */
const AT_EASE = { isLow: false, isPaced: false };
const LOW = { ...AT_EASE, isLow: true };
/** Through the worker. */
const PACED = { isLow: true, isPaced: true };

/** `perMs` bytes/ms arrive for `ms`, of whatever transfers. */
function arrive(link: LinkRate, perMs: number, ms: number, from = 0): void {
  for (let at = from + 50; at <= from + ms; at += 50) link.received(perMs * 50, at);
}

describe('how long a segment would have taken with the link to itself', () => {
  it('alone on the link: as long as it took', () => {
    const link = new LinkRate();
    arrive(link, 1_000, 2_000);
    expect(link.bodyMs(2_000_000, 0, 2_000, 0)).toBe(2_000);
  });

  it('with three others beside it: a quarter', () => {
    const link = new LinkRate();
    arrive(link, 1_000, 8_000);
    expect(link.bodyMs(2_000_000, 0, 8_000, 0)).toBeCloseTo(2_000);
  });

  it("from peers who are slower than the link: at the pace of the origin's answers", () => {
    const link = new LinkRate();
    arrive(link, 1_000, 2_000);
    link.originAnswered(0, 2_000);
    arrive(link, 200, 5_000, 10_000);
    expect(link.bodyMs(1_000_000, 10_000, 15_000, undefined)).toBeCloseTo(1_000);
  });

  it('from peers who are faster: as long as it took', () => {
    const link = new LinkRate();
    arrive(link, 100, 2_000);
    link.originAnswered(0, 2_000);
    arrive(link, 1_000, 1_000, 10_000);
    expect(link.bodyMs(1_000_000, 10_000, 11_000, undefined)).toBe(1_000);
  });

  it('from an origin that has become slower: as long as it took', () => {
    const link = new LinkRate();
    arrive(link, 1_000, 2_000);
    link.originAnswered(0, 2_000);
    arrive(link, 200, 5_000, 10_000);
    expect(link.bodyMs(1_000_000, 10_000, 15_000, 10_000)).toBe(5_000);
  });

  it("what peers gave slowly before the origin was asked is not the network's pace", () => {
    const link = new LinkRate();
    arrive(link, 100, 4_000);
    arrive(link, 1_000, 1_600, 4_000);
    expect(link.bodyMs(2_000_000, 0, 5_600, 4_000)).toBeCloseTo(2_000);
  });

  it('on a line that others saw more of: at the pace that they saw, once all is here', () => {
    const link = new LinkRate(() => ({ isShared: true, rate: 1_000 }));
    arrive(link, 250, 4_000);
    link.originAnswered(0, 4_000);
    expect(link.bodyMs(1_000_000, 0, 4_000, 0)).toBeCloseTo(4_000);
    expect(link.bodyMs(1_000_000, 0, 4_000, 0, AT_EASE)).toBeCloseTo(1_000);
    // They saw less than this viewer did.
    const own = new LinkRate(() => ({ isShared: true, rate: 100 }));
    arrive(own, 1_000, 2_000);
    own.originAnswered(0, 2_000);
    arrive(own, 5_000, 200, 10_000);
    expect(own.bodyMs(1_000_000, 10_000, 12_000, undefined, AT_EASE)).toBeCloseTo(1_000);
    // It came at once, from this side of the line.
    expect(link.bodyMs(1_000_000, 10_000, 10_050, undefined, AT_EASE)).toBeCloseTo(1_000);
  });

  it('from this side of a line that is not known to be shared yet: at the pace of the line, where somebody chooses by it', () => {
    const [ladder, single] = [new LinkRate(() => ({ isShared: false, rate: 0 })), new LinkRate()];
    for (const link of [ladder, single]) {
      arrive(link, 1_000, 2_000);
      link.originAnswered(0, 2_000);
    }
    expect(ladder.bodyMs(1_000_000, 10_000, 10_100, undefined, AT_EASE)).toBeCloseTo(1_000);
    // As fast as the line may be.
    expect(ladder.bodyMs(1_000_000, 10_000, 10_700, undefined, AT_EASE)).toBe(700);
    expect(ladder.bodyMs(1_000_000, 10_000, 10_100, 10_000, AT_EASE)).toBe(100);
    expect(ladder.bodyMs(1_000_000, 10_000, 10_100, undefined, PACED)).toBe(100);
    expect(single.bodyMs(1_000_000, 10_000, 10_100, undefined, AT_EASE)).toBe(100);
    expect(new LinkRate(() => ({ isShared: true, rate: 0 })).bodyMs(1_000, 0, 400, undefined, AT_EASE)).toBe(400);
  });

  it('for a player that is about to run dry, on a line that is shared: at the pace of the last answer, whatever others saw', () => {
    const link = new LinkRate(() => ({ isShared: true, rate: 1_000 }));
    arrive(link, 1_000, 2_000);
    link.originAnswered(0, 2_000);
    arrive(link, 250, 2_000, 10_000);
    link.originLeft(10_000, 12_000);
    expect(link.bodyMs(1_000_000, 20_000, 20_100, undefined, LOW)).toBeCloseTo(4_000);
    expect(link.bodyMs(1_000_000, 20_000, 20_100, undefined, AT_EASE)).toBeCloseTo(1_000);
    link.originGives(100_000, 30_000, 32_000);
    expect(link.bodyMs(1_000_000, 32_000, 32_100, undefined, LOW)).toBeCloseTo(20_000);
    // It has to wait for the body.
    expect(link.bodyMs(1_000_000, 32_000, 32_100, undefined, PACED)).toBeCloseTo(1_000);
    // Its own shows that itself.
    expect(link.bodyMs(500_000, 10_000, 12_000, 10_000, LOW)).toBeCloseTo(2_000);
  });

  it('before anything is known: as long as it took', () => {
    expect(new LinkRate().bodyMs(1_000, 0, 400, undefined)).toBe(400);
    expect(new LinkRate().bodyMs(1_000, 5, 5, 5)).toBe(0);
  });
});

it('the latest answers of the origin count most, and arrivals are not remembered for ever', () => {
  const link = new LinkRate();
  for (let n = 0; n < 20; n++) {
    const from = n * 10_000;
    arrive(link, n < 10 ? 1_000 : 500, 2_000, from);
    link.originAnswered(from, from + 2_000);
  }
  expect(link.fetchMs(500_000)).toBeCloseTo(1_000, -2);
  expect(new LinkRate().fetchMs(500_000)).toBe(0);
});

it('a first answer that comes in one burst counts since it was asked for', () => {
  const link = new LinkRate();
  link.received(200_000, 2_000);
  link.originAnswered(2_000, 2_000);
  expect(link.shown).toBe(0);
  link.originAnswered(2_000, 2_000, 1_600);
  expect(link.shown).toBeCloseTo(500);
  link.received(900_000, 4_000);
  link.originAnswered(4_000, 4_000, 3_600);
  expect(link.shown).toBeCloseTo(500);
});

it('an answer that has not ended, or was broken off, tells the rate until one has, after a second', () => {
  const link = new LinkRate();
  link.originGives(900_000, 0, 900);
  expect(link.shown).toBe(0);
  link.originGives(500_000, 0, 2_000);
  expect([link.shown, link.fetchMs(1_000)]).toEqual([250, 4]);
  arrive(link, 100, 2_000, 10_000);
  link.originAnswered(10_000, 12_000);
  link.originGives(900_000, 20_000, 22_000);
  expect(link.shown).toBeCloseTo(100);
});

it('an answer that is broken off counts as one that ended, after a second', () => {
  const link = new LinkRate();
  arrive(link, 1_000, 2_000);
  link.originLeft(0, 2_000);
  expect(link.shown).toBe(0);
  link.originAnswered(0, 2_000);
  arrive(link, 100, 900, 10_000);
  link.originLeft(10_000, 10_900);
  expect(link.shown).toBeCloseTo(1_000);
  arrive(link, 100, 2_000, 20_000);
  link.originLeft(20_000, 22_000);
  expect(link.shown).toBeCloseTo(730);
});

it('an answer that is faster than those before counts alone: the link carries that', () => {
  const link = new LinkRate();
  for (const [n, perMs] of [200, 1_000].entries()) {
    arrive(link, perMs, 2_000, n * 10_000);
    link.originAnswered(n * 10_000, n * 10_000 + 2_000);
  }
  expect(link.shown).toBeCloseTo(1_000);
});

describe("the link's pace is that of the fastest second of a transfer", () => {
  it('from the origin, where the uplink was full for a part of it', () => {
    const link = new LinkRate();
    arrive(link, 500, 1_500);
    arrive(link, 1_000, 1_250, 1_500);
    expect(link.bodyMs(2_000_000, 0, 2_750, 0)).toBeCloseTo(2_000, -1);
    link.originAnswered(0, 2_750);
    expect(link.fetchMs(1_000_000)).toBeCloseTo(1_000, -1);
  });

  it('what comes in one burst after a pause counts over a second', () => {
    const link = new LinkRate();
    arrive(link, 500, 1_000);
    link.received(300_000, 1_400);
    arrive(link, 500, 1_000, 1_400);
    expect(link.bodyMs(1_300_000, 0, 2_400, 0)).toBeGreaterThan(1_600);
  });

  it('of a shorter one that of its faster half', () => {
    const link = new LinkRate();
    arrive(link, 100, 300);
    arrive(link, 400, 100, 300);
    expect(link.bodyMs(70_000, 0, 400, 0)).toBeCloseTo(280);
  });
});

import type { ControlMessage } from '../src/mesh/control.js';
import { Throughput } from '../src/mesh/throughput.js';
import { Lines } from '../src/schedule/lines.js';

const NOW = 10_000;
/** Bytes that take long on a line of 1,000 bytes/ms. */
const LONG = 100_001;
let now = NOW;
afterEach(() => {
  now = NOW;
});

/**
 * @param said what its line carries, as it says, bytes a second
 * @param gave what it gave at best, bytes a second; 0: nothing
 */
function link(said: number, gave = 0) {
  const throughput = new Throughput();
  if (gave > 0) throughput.add(gave, 1_000, NOW);
  const sent: ControlMessage[] = [];
  return { lineRate: said, throughput, sent, send: (message: ControlMessage) => void sent.push(message) };
}

function linesOf(...links: ReturnType<typeof link>[]): Lines {
  return new Lines(
    () => ({ links: new Map(links.map((it, i) => [`${i}`, it])) }),
    () => now,
  );
}

describe('the rate of a line that is shared', () => {
  it('is the best that a link saw, and no more than that link gave', () => {
    expect(linesOf(link(300_000, 9_000_000), link(950_000, 9_000_000)).rate).toBe(950);
    expect(linesOf(link(950_000, 200_000)).rate).toBe(200);
  });

  it('is, on a line that is shared, also what one saw that gave nothing, and no more than the others gave', () => {
    const rate = (own: number): number => {
      const lines = linesOf(link(950_000), link(300_000, 1_600_000), link(9_000_000));
      lines.tell(own);
      return lines.rate;
    };
    expect([rate(1_000), rate(2_000)]).toEqual([1_600, 300]);
  });

  it('is not known where no link gave anything, or none said what its line carries', () => {
    expect(linesOf(link(950_000), link(0, 9_000_000)).rate).toBe(0);
    expect(linesOf().rate).toBe(0);
  });
});

it('a line is shared with who gives at more than one and a half times its rate', () => {
  const shared = (own: number, ...gave: number[]): boolean => {
    const lines = linesOf(...gave.map((rate) => link(0, rate)));
    if (own > 0) lines.tell(own);
    return lines.isShared;
  };
  expect(shared(1_000, 500_000, 1_500_001)).toBe(true);
  expect(shared(1_000, 500_000, 1_500_000)).toBe(false);
  expect([shared(1_000), shared(0, 2_000_000)]).toEqual([false, false]);
});

it('a link that gives at more than one and a half times the best of the own line of late does not come through it', () => {
  const beside = link(0, 1_900_000);
  const lines = linesOf(beside);
  expect(lines.isBeside(beside)).toBe(false);
  lines.tell(1_300);
  // Others use it.
  lines.tell(400);
  expect(lines.isBeside(beside)).toBe(false);
  now += 20_000;
  lines.tell(400);
  expect(lines.isBeside(beside)).toBe(true);
});

it('on a line that is shared, who gave nothing yet is taken for one that shares it', () => {
  const [gave, gaveNothing] = [link(0, 1_600_000), link(0)];
  const lines = linesOf(gave, gaveNothing);
  lines.tell(2_000);
  expect(lines.isBeside(gaveNothing)).toBe(false);
  const shared = linesOf(gave, gaveNothing);
  shared.tell(1_000);
  expect(shared.isBeside(gaveNothing)).toBe(true);
});

describe('what a viewer says of its line', () => {
  it('goes to all links, again when it changes by a fifth, and to each that opens', () => {
    const other = link(0);
    const lines = linesOf(other);
    lines.opened(other);
    lines.tell(1_000);
    lines.tell(1_100);
    lines.tell(1_300);
    lines.opened(other);
    expect(other.sent).toEqual([1_000_000, 1_300_000, 1_300_000].map((r) => ({ t: 'line', r })));
  });

  it('is what it carried at best, which counts less with time', () => {
    const other = link(0);
    const lines = linesOf(other);
    for (const ms of [0, 6_000, 60_000]) {
      now += ms;
      lines.tell(ms === 0 ? 1_000 : 100);
    }
    expect(other.sent).toEqual([1_000_000, Math.round(1_000_000 * Math.exp(-66 / 60))].map((r) => ({ t: 'line', r })));
  });
});

it('most of the slack passes first where a link has a line that is over three times as wide', () => {
  const lag = (own: number, ...others: number[]): number => {
    const lines = linesOf(...others.map((said) => link(said)));
    lines.tell(own);
    return lines.lag(LONG);
  };
  expect(lag(1_000, 900_000, 3_000_001)).toBe(0.75);
  expect([lag(1_000, 3_000_000), lag(1_000), lag(0, 3_000_000)]).toEqual([0, 0, 0]);
});

it('lines are told apart by what takes them long only: else one viewer would fetch everything for those whose lines showed less', () => {
  const [narrow, wide] = [linesOf(link(9_000_000)), linesOf(link(1_000_000))];
  narrow.tell(1_000);
  wide.tell(9_000);
  expect([narrow.lag(100_000), narrow.lag(LONG)]).toEqual([0, 0.75]);
  expect([wide.lead(100_000), wide.lead(LONG)]).toEqual([1, 1 / 3]);
});

describe('the part of the slack that is used', () => {
  const lead = (own: number, ...others: number[]): number => {
    const lines = linesOf(...others.map((said) => link(said)));
    lines.tell(own);
    return lines.lead(LONG);
  };

  it('is all of it among equals, and where nothing is known', () => {
    expect(lead(1_000, 1_000_000, 900_000, 1_100_000)).toBe(1);
    expect(lead(1_000)).toBe(1);
    expect(linesOf(link(1_000)).lead(LONG)).toBe(1);
  });

  it('is less on a line that is over three times as wide as the middle one of the links, a tenth at least', () => {
    expect(lead(6_000, 900_000, 1_000_000, 8_000_000)).toBeCloseTo(0.5);
    expect(lead(30_000, 1_000_000)).toBeCloseTo(0.1);
    expect(lead(300_000, 1_000_000)).toBe(0.1);
  });
});

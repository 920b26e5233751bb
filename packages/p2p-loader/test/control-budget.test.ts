import { encodeControl, encodeFrame } from '../src/mesh/control.js';
import { Allowance, ControlBudget } from '../src/mesh/control-budget.js';

const hash = (n: number): string => n.toString(16).padStart(40, '0');

describe('an allowance', () => {
  it('gives so much at once, and then so much a second', () => {
    const allowance = new Allowance(10, 100, 0);
    expect([allowance.spend(100, 0), allowance.spend(1, 0), allowance.spend(1, 99), allowance.spend(1, 100)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect([allowance.spend(10, 1_100), allowance.spend(1, 1_100)]).toEqual([true, false]);
    expect([allowance.spend(101, 1_000_000), allowance.spend(100, 1_000_000)]).toEqual([false, true]);
  });

  it('takes no time back', () => {
    const allowance = new Allowance(10, 100, 5_000);
    allowance.spend(100, 5_000);
    expect(allowance.spend(1, 0)).toBe(false);
  });
});

describe('what a link may send', () => {
  /** One second of an honest viewer at its busiest: six renditions, segments of 0.5 s, each fetched by many. */
  const second = (n: number): string[] => {
    const i = 'i'.repeat(530);
    const all = Array.from({ length: 12 }, (_, segment) => {
      const h = hash(100 * n + segment);
      const fetching = Array.from(
        { length: 7 },
        (_unused, f) => ({ t: 'fetching', h, f: hash(f), a: 3, w: 300 }) as const,
      );
      return [encodeControl({ t: 'new', h, l: 500_000, i, after: h }), ...fetching.map(encodeControl)];
    });
    const own = [0, 1].map((segment) =>
      encodeFrame([
        { t: 'part', h: hash(segment) },
        { t: 'have', h: [hash(segment)] },
        { t: 'lost', h: [hash(segment)] },
      ]),
    );
    const wants = Array.from({ length: 20 }, (_, want) =>
      encodeFrame([
        { t: 'want', h: hash(want) },
        { t: 'no', h: hash(want) },
      ]),
    );
    return [
      ...all.flat(),
      ...own,
      ...wants,
      encodeControl({ t: 'links', p: Array.from({ length: 16 }, (_, id) => hash(id)) }),
    ];
  };

  it('is more than an honest viewer sends, who begins with all that it has and goes on for a day', () => {
    const budget = new ControlBudget(0);
    const have = Array.from({ length: 512 }, (_, n) => hash(n));
    const frames = [
      encodeControl({ t: 'hello', v: 1, id: hash(1), n: 9, have }),
      ...Array.from({ length: 4 }, () => encodeControl({ t: 'have', h: have })),
    ];
    expect(frames.every((frame) => budget.frame(frame.length, 0) && budget.messages(1, 0))).toBe(true);
    for (let n = 1; n < 600; n++) {
      for (const frame of second(n)) {
        const count = frame.split('\n').length;
        expect(budget.frame(frame.length, 1_000 * n) && budget.messages(count, 1_000 * n)).toBe(true);
      }
    }
  });

  it.each([
    ['messages', 10_000, 10],
    ['characters', 100, 65_536],
  ])('is soon spent by a flood of %s', (_name, rate, length) => {
    const budget = new ControlBudget(0);
    let frames = 0;
    while (budget.frame(length, (1_000 * frames) / rate) && budget.messages(1, (1_000 * frames) / rate)) frames += 1;
    expect(frames / rate).toBeLessThan(0.2);
  });
});

import fc from 'fast-check';
import {
  ANNOUNCED_SHARE,
  ANNOUNCEMENT_LIFE_MS,
  claimLife,
  claimsEnd,
  type Decision,
  decide,
  drawTimer,
  LISTEN_MS,
  MAX_SWARM,
  RELAY_LIFE_MS,
  SAFETY_MARGIN_MS,
  TRUSTED_WORD_LIFE_MS,
  type View,
  WORD_LIFE_MS,
} from '../src/schedule/policy.js';
import { stallBound } from '../src/segment/silence.js';

const NOW = 100_000;

/** A viewer in the middle of a live stream: 4 s of slack, links, nothing announced, no timer yet. */
const view = (changes: Partial<View> = {}): View => ({
  now: NOW,
  neededAt: NOW + 4_000 + SAFETY_MARGIN_MS,
  maxSlack: 4_000,
  duration: 4_000,
  viewers: 100,
  links: 8,
  joining: false,
  timerAt: undefined,
  heldUntil: undefined,
  lastByteAt: undefined,
  peerRate: 0,
  missing: 1_000_000,
  ...changes,
});

const waiting = (decision: Decision) => {
  if (decision.action !== 'wait') throw new Error('fetches');
  return decision;
};

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const slacks = fc.double({ min: 0.001, max: 60_000, noNaN: true });
const viewers = fc.integer({ min: 1, max: 2 * MAX_SWARM });

describe('a place among the viewers that one knows of', () => {
  const timerOf = (changes: Partial<View>) => waiting(decide(view(changes), 0.5)).timerAt ?? 0;
  const [first, last] = [0, 7].map((rank) => ({ rank, of: 8 }));

  it('is its turn when a first timer is drawn', () => {
    expect(timerOf({ place: first })).toBeLessThan(timerOf({}));
    expect(timerOf({ place: last })).toBeGreaterThan(timerOf({}));
  });

  it.each([
    ['held back', { timerAt: NOW, heldUntil: NOW + 500 }],
    ['doubting', { doubts: true }],
  ])('is none for who draws anew, %s', (_why, changes) => {
    expect(timerOf({ ...changes, place: first })).toBe(timerOf({ ...changes, place: last }));
  });
});

describe('a drawn timer', () => {
  it('lies within the slack', () => {
    fc.assert(
      fc.property(slacks, viewers, unit, (slack, count, u) => {
        const timer = drawTimer(slack, count, u);
        expect(timer).toBeGreaterThanOrEqual(0);
        expect(timer).toBeLessThanOrEqual(slack * (1 + 1e-9));
      }),
    );
  });

  it('is later for a larger u', () => {
    fc.assert(
      fc.property(viewers, unit, unit, (count, a, b) => {
        fc.pre(a < b);
        expect(drawTimer(4_000, count, a)).toBeLessThanOrEqual(drawTimer(4_000, count, b));
      }),
    );
  });

  it('has a later median the more viewers draw', () => {
    const medians = [1, 10, 100, 1_000, 10_000, 100_000, MAX_SWARM].map((count) => drawTimer(4_000, count, 0.5));
    expect(medians).toEqual([...medians].sort((a, b) => a - b));
    expect(new Set(medians).size).toBe(medians.length);
  });

  it('lets few of many viewers go in the first fifth of the slack, and always some within it', () => {
    for (const count of [100, 10_000]) {
      const timers = Array.from({ length: count }, (_, i) => drawTimer(4_000, count, (i + 0.5) / count));
      expect(timers.filter((timer) => timer < 800).length).toBeLessThan(count / 20);
      expect(Math.min(...timers)).toBeLessThan(800);
    }
  });

  it('believes in no more viewers than the bound', () => {
    expect(drawTimer(4_000, Number.MAX_SAFE_INTEGER, 0.5)).toBe(drawTimer(4_000, MAX_SWARM, 0.5));
  });

  it.each([0, -1, Number.NEGATIVE_INFINITY, Number.NaN])('is due at once without slack (%p)', (slack) => {
    expect(drawTimer(slack, 100, 0.9)).toBe(0);
  });
});

describe('the decision', () => {
  it('goes to the origin at once when the player needs it within the margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: SAFETY_MARGIN_MS }),
        unit,
        fc.integer({ max: 16, min: 0 }),
        (left, u, links) => {
          expect(decide(view({ neededAt: NOW + left, links, joining: true }), u)).toEqual({ action: 'fetch' });
        },
      ),
    );
  });

  it('goes to the origin at once without links', () => {
    expect(decide(view({ links: 0 }), 0.5)).toEqual({ action: 'fetch' });
  });

  it('waits for the first link as long as the buffer allows while joining', () => {
    const { until, timerAt } = waiting(decide(view({ links: 0, joining: true }), 0.5));
    expect(until).toBe(NOW + 4_000);
    expect(timerAt).toBeUndefined();
  });

  it('draws a timer first, over the slack and no more than the longest slack', () => {
    fc.assert(
      fc.property(unit, fc.integer({ min: 1, max: 60_000 }), (u, slack) => {
        const { timerAt, until } = waiting(decide(view({ neededAt: NOW + slack + SAFETY_MARGIN_MS }), u));
        expect(timerAt).toBe(NOW + drawTimer(Math.min(slack, 4_000), 100, u));
        expect(until).toBe(timerAt);
      }),
    );
  });

  it('draws from the moment at which a link told of the segment, over the slack of that moment', () => {
    fc.assert(
      fc.property(unit, fc.integer({ min: 0, max: 3_999 }), fc.integer({ min: 1, max: 60_000 }), (u, ago, left) => {
        const hintedAt = NOW - ago;
        const { timerAt } = waiting(decide(view({ hintedAt, neededAt: NOW + left + SAFETY_MARGIN_MS }), u));
        expect(timerAt).toBe(Math.max(NOW, hintedAt + drawTimer(Math.min(ago + left, 4_000), 100, u)));
      }),
    );
  });

  it('draws from now where somebody was heard to fetch it, though it lapsed', () => {
    const hinted = { hintedAt: NOW - 3_000, heldUntil: NOW - 500 };
    const { timerAt } = waiting(decide(view(hinted), 0.1));
    expect(timerAt).toBe(NOW + drawTimer(4_000, 100, 0.1));
  });

  it('draws as ever where bytes take up to 60 % of the slack, and earlier where they take longer', () => {
    const ends = (delivery: number, u: number) => waiting(decide(view({ delivery }), u)).timerAt;
    for (const u of [0.01, 0.5, 0.99]) expect(ends(2_400, u)).toBe(ends(0, u));
    fc.assert(
      fc.property(fc.integer({ min: 2_401, max: 60_000 }), (delivery) => {
        const room = Math.max(0.2 * 4_000, 4_000 - 2 * (delivery - 2_400));
        for (const u of [0.01, 0.5, 0.99]) expect(ends(delivery, u)).toBeLessThan(ends(0, u) ?? 0);
        expect(ends(delivery, 1 - 1e-12)).toBeCloseTo(NOW + room, 3);
      }),
    );
  });

  it('lets a part of the slack pass first where others have wider lines', () => {
    const timerAt = (u: number, lag: number) => waiting(decide(view({ lag }), u)).timerAt ?? 0;
    expect([0, 0.5].map((u) => timerAt(u, 0.75) - NOW)).toEqual([
      3_000,
      expect.closeTo(3_000 + 0.25 * (timerAt(0.5, 0) - NOW), 0),
    ]);
    expect(timerAt(0.999, 0.75)).toBeLessThanOrEqual(NOW + 4_000);
  });

  it('keeps the timer that runs', () => {
    expect(decide(view({ timerAt: NOW + 500 }), 0.1)).toEqual({ action: 'wait', until: NOW + 500, timerAt: NOW + 500 });
  });

  it('says that it will fetch when the timer ends and nothing holds it back', () => {
    const until = NOW + LISTEN_MS;
    expect(decide(view({ timerAt: NOW }), 0.5)).toEqual({ action: 'announce', until, timerAt: until });
  });

  it.each<[string, Partial<View>]>([
    ['too many are to hear it', { viewers: 201 }],
    ['little time is left', { neededAt: NOW + 2_999 + SAFETY_MARGIN_MS }],
    ['a link was found to lie', { doubts: true }],
    ['a fetch that it heard of came to nothing', { heldUntil: NOW - 1 }],
    ['it said so before', { announcedAt: NOW - LISTEN_MS }],
    ['it said so before, and another later', { announcedAt: NOW - LISTEN_MS, heldUntil: NOW + 700 }],
    ['what was hoped for from the other is not here', { announcedAt: NOW - LISTEN_MS, lastByteAt: NOW - 100 }],
  ])('goes to the origin then where %s', (_why, changes) => {
    expect(decide(view({ timerAt: NOW, ...changes }), 0.5)).toEqual({ action: 'fetch' });
  });

  it.each<[string, Partial<View>]>([
    ['who goes first said so, too', { yields: true, heldUntil: NOW + 700 }],
    ['bytes come', { lastByteAt: NOW - 100, peerRate: 1_000 }],
  ])('does not go where %s', (_why, changes) => {
    const { until } = waiting(decide(view({ timerAt: NOW, announcedAt: NOW - LISTEN_MS, ...changes }), 0.5));
    expect(until).toBeGreaterThan(NOW + 700);
  });

  it('is held back by claims until they are over', () => {
    expect(decide(view({ timerAt: NOW, heldUntil: NOW + 1 }), 0.5).action).toBe('wait');
    expect(decide(view({ timerAt: NOW, heldUntil: NOW }), 0.5).action).toBe('fetch');
  });

  it('draws soon, and as one of few, when a link was found to lie', () => {
    fc.assert(
      fc.property(unit, (u) => {
        const { timerAt } = waiting(decide(view({ doubts: true, viewers: 100_000 }), u));
        expect(timerAt).toBe(NOW + drawTimer(0.3 * 4_000, Math.sqrt(100_000), u));
      }),
    );
  });

  it('is held back by bytes until those stall', () => {
    const bound = stallBound(4_000);
    expect(decide(view({ timerAt: NOW, lastByteAt: NOW - bound + 1 }), 0.5).action).toBe('wait');
    expect(decide(view({ timerAt: NOW, lastByteAt: NOW - bound }), 0.5).action).toBe('fetch');
  });

  it('draws anew when held back: after the lapse, before the deadline, and not all at once', () => {
    const lapse = NOW + 2_400;
    const held = view({ timerAt: NOW, heldUntil: lapse });
    const deadline = held.neededAt - SAFETY_MARGIN_MS;
    const drawn = Array.from({ length: 50 }, (_, i) => waiting(decide(held, i / 50)).timerAt ?? 0);
    expect(new Set(drawn).size).toBe(50);
    for (const timerAt of drawn) {
      expect(timerAt).toBeGreaterThanOrEqual(lapse);
      expect(timerAt).toBeLessThanOrEqual(deadline);
    }
    expect(drawn.filter((timerAt) => timerAt > deadline - 10).length).toBeLessThan(5);
  });

  it('lets bytes that flow past the deadline finish when they will be here in time', () => {
    const late = { neededAt: NOW + SAFETY_MARGIN_MS, lastByteAt: NOW - 10 };
    expect(decide(view({ ...late, peerRate: 1_000_000, missing: 100_000 }), 0.5).action).toBe('wait');
    expect(decide(view({ ...late, peerRate: 1_000_000, missing: 900_000 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...late, peerRate: 0, missing: 1 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...late, lastByteAt: NOW - 5_000, peerRate: 1e9, missing: 1 }), 0.5).action).toBe('fetch');
  });

  it('lets bytes that flow go on while they will be here before the player runs dry', () => {
    const late = { neededAt: NOW + SAFETY_MARGIN_MS, dueAt: NOW + 4_000, lastByteAt: NOW - 10, peerRate: 500_000 };
    expect(decide(view({ ...late, missing: 1_700_000 }), 0.5).action).toBe('wait');
    expect(decide(view({ ...late, missing: 1_800_000 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...late, missing: 1_700_000, lastByteAt: NOW - 5_000 }), 0.5).action).toBe('fetch');
  });

  it('does not ask an origin that would be no faster than the bytes that flow', () => {
    const flows = { neededAt: NOW + SAFETY_MARGIN_MS, lastByteAt: NOW - 10, peerRate: 250_000, missing: 1_000_000 };
    expect(decide(view({ ...flows, originMs: 4_000 }), 0.5)).toMatchObject({ action: 'wait', until: NOW + 100 });
    expect(decide(view({ ...flows, originMs: 3_900 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...flows, originMs: 4_000, lastByteAt: NOW - 5_000 }), 0.5).action).toBe('fetch');
  });

  it("lets a link's word hold it back without slack, where the origin takes twice as long as that is believed", () => {
    const late = { neededAt: NOW, wordUntil: NOW + 500 };
    expect(decide(view({ ...late, originMs: 3 * WORD_LIFE_MS }), 0.5)).toMatchObject({
      action: 'wait',
      until: NOW + 500,
    });
    expect(decide(view({ ...late, originMs: WORD_LIFE_MS }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...late, originMs: 3 * WORD_LIFE_MS, wordUntil: NOW }), 0.5).action).toBe('fetch');
  });

  it('does not ask for what somebody fetches through the same line, until the player would run dry', () => {
    const comes = { besideAt: NOW - 60_000, timerAt: NOW, neededAt: NOW - 1_000, dueAt: NOW + 3_000 };
    expect(decide(view(comes), 0.5)).toEqual({ action: 'wait', until: NOW + 2_500, timerAt: NOW });
    expect(decide(view({ ...comes, now: NOW + 2_500 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...comes, besideAt: undefined }), 0.5).action).toBe('fetch');
  });

  it('leaves it to who fetches it through the same line even then, while that goes on at a third of what the line carries', () => {
    const dry = { timerAt: NOW, neededAt: NOW, dueAt: NOW, duration: 4_000, missing: 1_000_000, originMs: 1_000 };
    const besideAt = NOW - 1_000;
    expect(decide(view({ ...dry, besideAt }), 0.5)).toMatchObject({ action: 'wait', until: besideAt + 1_600 });
    expect(decide(view({ ...dry, besideAt: NOW - 1_600 }), 0.5).action).toBe('fetch');
    expect(decide(view({ ...dry, besideAt, peerRate: 334_000 }), 0.5).action).toBe('wait');
    expect(decide(view({ ...dry, besideAt, peerRate: 333_000 }), 0.5).action).toBe('fetch');
  });

  it('is always taken again by the deadline, or soon after while bytes flow', () => {
    const moments = fc.option(fc.integer({ min: NOW - 3_000, max: NOW }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.record({
          neededAt: fc.integer({ min: NOW - 1_000, max: NOW + 30_000 }),
          viewers,
          links: fc.integer({ min: 0, max: 16 }),
          joining: fc.boolean(),
          timerAt: fc.option(fc.integer({ min: NOW - 1_000, max: NOW + 5_000 }), { nil: undefined }),
          heldUntil: fc.option(fc.integer({ min: NOW - 3_000, max: NOW + 4_000 }), { nil: undefined }),
          lastByteAt: moments,
          peerRate: fc.integer({ min: 0, max: 10_000_000 }),
        }),
        unit,
        (changes, u) => {
          const decision = decide(view(changes), u);
          if (decision.action === 'fetch') return;
          const deadline = changes.neededAt - SAFETY_MARGIN_MS;
          expect(decision.until).toBeGreaterThanOrEqual(NOW);
          expect(decision.until).toBeLessThanOrEqual(Math.max(deadline, NOW + 100));
        },
      ),
    );
  });

  it('fetches in the end whatever peers promise, and never later than the player needs it', () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 40, maxLength: 40 }), (draws) => {
        // Announcements and hopes of bytes without end, and not one byte.
        let now = NOW;
        let timerAt: number | undefined;
        const { neededAt } = view();
        for (let step = 0; now <= neededAt; step++) {
          const decision = decide(
            view({ now, neededAt, timerAt, heldUntil: now + 1_000, lastByteAt: now }),
            draws[step % draws.length] ?? 0,
          );
          if (decision.action === 'fetch') return;
          timerAt = decision.timerAt;
          now = Math.max(now + 10, Math.min(decision.until, now + 300));
        }
        throw new Error('never fetched');
      }),
    );
  });
});

describe('a claim that somebody fetches', () => {
  it('is believed longer the more viewers passed it on', () => {
    const life = (relays: number) => claimLife({ relays, trusted: false });
    expect([life(1), life(4)]).toEqual([
      ANNOUNCEMENT_LIFE_MS + RELAY_LIFE_MS,
      ANNOUNCEMENT_LIFE_MS + 4 * RELAY_LIFE_MS,
    ]);
  });

  it('is believed longer of a link that gave bytes before', () => {
    expect(claimLife({ relays: 0, trusted: false })).toBe(WORD_LIFE_MS);
    expect(claimLife({ relays: 0, trusted: true })).toBe(TRUSTED_WORD_LIFE_MS);
  });

  it('holds nobody back for more than a part of the slack there was when the first came', () => {
    const view = { neededAt: 3_000 + SAFETY_MARGIN_MS, maxSlack: 4_000 };
    expect(claimsEnd(view, 1_000)).toBe(1_000 + ANNOUNCED_SHARE * 2_000);
    expect(claimsEnd(view, 9_000)).toBe(9_000);
  });
});

it('a stall is 40 % of a segment, 2 s at most', () => {
  expect(stallBound(1_000)).toBe(400);
  expect(stallBound(10_000)).toBe(2_000);
});

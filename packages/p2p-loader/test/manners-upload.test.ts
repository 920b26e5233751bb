import fc from 'fast-check';
import { TokenBucket } from '../src/manners/token-bucket.js';
import { UploadGate, type UploadLimits } from '../src/manners/upload-gate.js';
import { offersBytes } from '../src/mesh/offers-bytes.js';

function gate(limits: UploadLimits) {
  const clock = { now: 0, changes: 0 };
  const upload = new UploadGate(
    limits,
    () => clock.now,
    () => {
      clock.changes += 1;
    },
  );
  return { clock, upload };
}

describe('the token bucket', () => {
  it('lets at most a burst and the rate go in any span of time, and wastes nothing', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 1, max: 131_072 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 10_000_000 }), steps, (rate, blocks) => {
        const bucket = new TokenBucket(rate, 0);
        const sent: { at: number; bytes: number }[] = [];
        let now = 0;
        for (const [wait, bytes] of blocks) {
          now += wait;
          sent.push({ at: now + bucket.take(bytes, now), bytes });
        }
        for (let from = 0; from < sent.length; from++) {
          let bytes = 0;
          for (const block of sent.slice(from)) {
            bytes += block.bytes;
            const span = block.at - (sent[from]?.at ?? 0);
            // A block may be larger than the burst: it goes when the debt before it is paid.
            const most = bucket.burst + (rate * span) / 1000 + (sent[from]?.bytes ?? 0);
            expect(bytes).toBeLessThanOrEqual(most + 1);
          }
        }
        const total = sent.reduce((sum, block) => sum + block.bytes, 0);
        expect(sent.at(-1)?.at).toBeLessThanOrEqual(now + Math.max(0, (1000 * (total - bucket.burst)) / rate) + 1);
      }),
    );
  });

  it('does not run backwards with its clock', () => {
    const bucket = new TokenBucket(32_768, 1_000);
    expect(bucket.take(65_536, 1_000)).toBe(1_000);
    expect(bucket.backlog(500)).toBe(1_000);
    expect(bucket.backlog(2_000)).toBe(0);
  });
});

describe('the upload gate', () => {
  it('is open, and gives at once, without limits', () => {
    const { upload } = gate({});
    expect([upload.open, upload.hasRoom, upload.paused]).toEqual([true, true, undefined]);
    for (let i = 0; i < 1_000; i++) expect(upload.admit(131_072)).toBe(0);
  });

  it('never gives with the role `leech`, nor at a rate of 0', () => {
    for (const limits of [{ role: 'leech' as const }, { maxUploadRate: 0 }]) {
      const { upload } = gate(limits);
      expect([upload.open, upload.paused, upload.hasRoom, upload.admit(1)]).toEqual([
        false,
        'upload-off',
        false,
        undefined,
      ]);
    }
  });

  it('spreads blocks over time, serves nobody new while they wait, and gives none that would come too late', () => {
    const { upload, clock } = gate({ maxUploadRate: 64_000 });
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 12; i++) waits.push(upload.admit(16_000));
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits.filter((wait) => wait !== undefined && wait > 1_750)).toEqual([]);
    expect(waits.at(-1)).toBeUndefined();
    expect([upload.open, upload.hasRoom]).toEqual([true, false]);
    clock.now = 1_500;
    expect(upload.hasRoom).toBe(true);
  });

  it('closes for good before the cap is passed, and says so once', () => {
    const { upload, clock } = gate({ maxUploadBytes: 100_000 });
    let given = 0;
    for (let i = 0; i < 20; i++) if (upload.admit(16_384) !== undefined) given += 16_384;
    expect(given).toBe(6 * 16_384);
    expect([upload.paused, clock.changes]).toEqual(['upload-cap', 1]);
    upload.restrict('cellular');
    upload.restrict(undefined);
    expect([upload.paused, clock.changes]).toEqual(['upload-cap', 1]);
  });

  it('closes and opens with what the device allows', () => {
    const { upload, clock } = gate({});
    upload.restrict('low-battery');
    upload.restrict('cellular');
    expect([upload.paused, upload.admit(1), clock.changes]).toEqual(['cellular', undefined, 1]);
    upload.restrict(undefined);
    expect([upload.paused, upload.admit(1), clock.changes]).toEqual([undefined, 0, 2]);
  });

  it.each([{ maxUploadRate: -1 }, { maxUploadRate: Number.NaN }, { maxUploadBytes: -5 }])('refuses %j', (limits) => {
    expect(() => gate(limits)).toThrow(new RegExp(Object.keys(limits)[0] ?? ''));
  });
});

describe('a viewer that gives nothing', () => {
  const [own, other] = ['a'.repeat(40), 'b'.repeat(40)];
  it('invites nobody to take from it, and passes on what others say', () => {
    expect(offersBytes({ t: 'have', h: [own] }, own)).toBe(true);
    expect(offersBytes({ t: 'part', h: own }, own)).toBe(true);
    expect(offersBytes({ t: 'fetching', h: other, f: own, a: 0 }, own)).toBe(true);
    expect(offersBytes({ t: 'fetching', h: other, f: other, a: 0 }, own)).toBe(false);
    expect(offersBytes({ t: 'want', h: other }, own)).toBe(false);
    expect(offersBytes({ t: 'lost', h: [other] }, own)).toBe(false);
  });
});

import fc from 'fast-check';
import { chunkLength, dueMs, PACE_LIMIT, paceMs } from '../src/pacing.js';
import { type PageReply, post } from '../src/protocol.js';
import { bodyOf, FakeWorker, SEGMENT, settle, someBytes, wholeReply } from './worker-fakes.js';

describe('paceMs', () => {
  it('is what is left of the real transfer after what the player has waited and is not used to wait', () => {
    expect(paceMs(300, 0)).toBe(300);
    expect(paceMs(300, 100)).toBe(300);
    expect(paceMs(300, 300)).toBe(105);
    expect(paceMs(300, 405)).toBe(0);
    expect(paceMs(2000, 2000)).toBe(300);
    expect(paceMs(2000, 2500)).toBe(0);
  });

  it('is never longer than the real transfer, nor than its limit, nor negative', () => {
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(60_000), (transfer, elapsed) => {
        const ms = paceMs(transfer, elapsed);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(transfer, PACE_LIMIT));
      }),
    );
  });
});

describe('the schedule', () => {
  it('is even: the first chunk goes at once, the last byte is due at the end, no chunk before the one in front', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8_000_000 }), fc.integer({ min: 0, max: PACE_LIMIT }), (length, ms) => {
        const step = chunkLength(length, ms);
        const ends: number[] = [];
        for (let at = 0; at < length; at += step) ends.push(Math.min(length, at + step));
        const due = ends.map((end) => dueMs(end, Math.min(step, length), length, ms));
        expect(due[0]).toBe(0);
        if (ends.length > 1) expect(due.at(-1)).toBe(ms);
        expect(due).toEqual([...due].sort((a, b) => a - b));
        expect(ends.length).toBeLessThanOrEqual(Math.ceil(ms / 100) + 1);
      }),
    );
  });
});

describe('a body', () => {
  const BYTES = someBytes(1_000_000);

  async function received(options = {}) {
    const worker = new FakeWorker(options);
    const page = worker.open();
    page.table([SEGMENT]);
    page.answerWith(wholeReply(BYTES, 400));
    const response = await worker.fetch(SEGMENT);
    const reader = response?.body?.getReader();
    const arrivals: { at: number; bytes: number }[] = [];
    const read = (async () => {
      for (;;) {
        const result = await reader?.read();
        if (!result || result.done) return;
        arrivals.push({ at: worker.clock.time, bytes: result.value.length });
      }
    })();
    await worker.clock.advance(2000);
    await settle();
    await read;
    return arrivals;
  }

  it('arrives over the time that the real transfer took', async () => {
    const arrivals = await received();
    expect(arrivals.at(-1)?.at).toBe(400);
    const half = arrivals.filter(({ at }) => at <= 201).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(half / 1_000_000).toBeCloseTo(3 / 5, 3);
  });

  it('that is pulled counts what was waited for it', async () => {
    const worker = new FakeWorker();
    const page = worker.open();
    page.table([SEGMENT]);
    const head = { offset: 0, length: BYTES.length, total: BYTES.length };
    let given = 0;
    page.onMessage = (message, port) => {
      if (message.type !== 'segment' || !port) return;
      port.onmessage = () => {
        const bytes = BYTES.slice(given, given + 200_000).buffer;
        given += 200_000;
        port.postMessage(post<PageReply>({ type: 'chunk', bytes }));
      };
      port.postMessage(post<PageReply>({ type: 'mine' }));
      worker.clock.schedule(() => {
        port.postMessage(post<PageReply>({ type: 'stream', head, transferMs: 1_000 }));
      }, 1_000);
    };
    const response = worker.fetch(SEGMENT);
    await worker.clock.advance(1_000);
    let endedAt = 0;
    const body = bodyOf((await response) as Response).then((bytes) => {
      endedAt = worker.clock.time;
      return bytes;
    });
    await worker.clock.advance(5_000);
    expect(await body).toEqual(BYTES);
    expect(endedAt - 1_000).toBeCloseTo(300);
  });

  it('arrives at once with pacing: false', async () => {
    expect((await received({ pacing: false })).at(-1)?.at).toBe(0);
  });
});

import { jest } from '@jest/globals';
import { type ControlMessage, decodeFrame } from '../src/mesh/control.js';
import { Outbox, RIDES } from '../src/mesh/outbox.js';

const hash = (n: number): string => n.toString(16).padStart(40, '0');
const have = (n: number): ControlMessage => ({ t: 'have', h: [hash(n)] });
const lost = (n: number): ControlMessage => ({ t: 'lost', h: [hash(n)] });
const no: ControlMessage = { t: 'no', h: hash(9) };

let frames: ControlMessage[][];
let outbox: Outbox;

beforeEach(() => {
  jest.useFakeTimers();
  frames = [];
  outbox = new Outbox((frame) => frames.push(decodeFrame(frame)));
});
afterEach(() => jest.useRealTimers());

describe('an outbox', () => {
  it('sends what somebody waits for at once, with all that was gathered before', () => {
    outbox.post(lost(1));
    outbox.post(have(2));
    outbox.post(no);
    expect(frames).toEqual([[lost(1), have(2), no]]);
    jest.runAllTimers();
    expect(frames).toHaveLength(1);
  });

  it('gathers the others for a while', () => {
    outbox.post({ t: 'part', h: hash(1) });
    outbox.post({ t: 'part', h: hash(2) });
    outbox.post(have(1));
    expect(frames).toEqual([]);
    jest.advanceTimersByTime(40);
    expect(frames).toEqual([[{ t: 'part', h: hash(2) }, have(1)]]);
  });

  it('lets go with others what can wait for them, sixteen at most, and only the last list of links and rate of the line', () => {
    outbox.post({ t: 'links', p: [hash(1)] });
    outbox.post({ t: 'line', r: 1 });
    outbox.post({ t: 'links', p: [hash(1), hash(2)] });
    outbox.post({ t: 'line', r: 2 });
    outbox.post(have(3), RIDES);
    jest.advanceTimersByTime(60_000);
    expect(frames).toEqual([]);
    outbox.post(have(4));
    jest.advanceTimersByTime(40);
    expect(frames).toEqual([[{ t: 'links', p: [hash(1), hash(2)] }, { t: 'line', r: 2 }, have(3), have(4)]]);
    for (let n = 0; n < 16; n++) outbox.post(lost(n));
    jest.advanceTimersByTime(40);
    expect(frames[1]).toHaveLength(16);
  });

  it('waits as long as it is told, and no longer than what waits least', () => {
    outbox.post(have(1), 400);
    jest.advanceTimersByTime(399);
    expect(frames).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(frames).toEqual([[have(1)]]);
    outbox.post(have(2), 400);
    outbox.post(have(3));
    jest.advanceTimersByTime(40);
    expect(frames[1]).toEqual([have(2), have(3)]);
    jest.runAllTimers();
    expect(frames).toHaveLength(2);
  });

  it('does not tell who has a segment of others that have it', () => {
    outbox.post(have(1), 400);
    outbox.post({ t: 'have', h: [hash(1), hash(2)] }, 400);
    outbox.withdraw([hash(1)]);
    jest.runAllTimers();
    expect(frames).toEqual([[{ t: 'have', h: [hash(1), hash(2)] }]]);
  });

  it('sends nothing once closed', () => {
    outbox.post(have(1));
    outbox.close();
    jest.runAllTimers();
    expect(frames).toEqual([]);
  });
});

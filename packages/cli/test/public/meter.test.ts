import { Meter } from '../../public/meter.js';

const counters = (peerBytes: number, originBytes: number) => ({
  peerBytes,
  helperBytes: 0,
  originBytes,
  uploadedBytes: 0,
});

describe('the page’s meter', () => {
  it('adds up what counters grew by', () => {
    const meter = new Meter();
    meter.sample(1000, counters(100, 10));
    meter.sample(2000, counters(150, 10));
    expect(meter.totals).toEqual(counters(150, 10));
  });

  it('goes on counting when a counter starts again from zero', () => {
    const meter = new Meter();
    meter.sample(1000, counters(100, 0));
    meter.sample(2000, counters(30, 0));
    expect(meter.totals.peerBytes).toBe(130);
  });

  it('adds bytes that the player fetched by itself to the origin’s', () => {
    const meter = new Meter();
    meter.add(1000, 500);
    meter.sample(2000, counters(0, 200));
    expect(meter.totals.originBytes).toBe(700);
  });

  it('draws an even rate from segments that arrive whole, one a span', () => {
    const meter = new Meter();
    meter.span = 4000;
    for (let segment = 0; segment <= 10; segment++) meter.add(segment * 4000, 200_000);
    for (let time = 12_000; time < 40_000; time += 700) expect(meter.rate(time).originBytes).toBeCloseTo(50_000, 6);
  });

  it('sums a window without its first instant', () => {
    const meter = new Meter();
    for (const time of [0, 1000, 2000]) meter.add(time, 1);
    expect(meter.sum(0, 2000).originBytes).toBe(2);
  });

  it('forgets samples older than any chart shows', () => {
    const meter = new Meter();
    meter.add(0, 1);
    meter.add(200_000, 1);
    expect(meter.sum(-1, 200_000).originBytes).toBe(1);
    expect(meter.totals.originBytes).toBe(2);
  });
});

import { Delivery, MAX_DELIVERIES } from '../src/schedule/delivery.js';

const delivered = (...times: number[]): number => {
  const delivery = new Delivery();
  for (const ms of times) delivery.note(1_000, 0, 1_000 + ms);
  return delivery.usual;
};

describe('the usual time of a delivery', () => {
  it('is nothing before one was announced', () => {
    const delivery = new Delivery();
    delivery.note(undefined, 0, 5_000);
    expect(delivery.usual).toBe(0);
  });

  it('begins when it was announced, or when it was wanted where that came later', () => {
    expect(delivered(300)).toBe(300);
    const delivery = new Delivery();
    delivery.note(1_000, 9_000, 9_500);
    expect(delivery.usual).toBe(500);
  });

  it('is the median of the last ones', () => {
    expect(delivered(100, 9_000, 200)).toBe(200);
    expect(delivered(9_000, 9_000, 9_000, ...Array(MAX_DELIVERIES).fill(100))).toBe(100);
  });
});

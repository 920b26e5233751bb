import { Uplink } from '../src/mesh/uplink.js';

/** One link whose channels `rate` bytes/ms leave of. */
class Channels {
  sentBytes = 0;
  waitingBytes = 0;
  #at = 0;

  constructor(public rate: number) {}

  pass(until: number): this {
    this.waitingBytes = Math.max(0, this.waitingBytes - this.rate * (until - this.#at));
    this.#at = until;
    return this;
  }

  hand(bytes: number): void {
    this.sentBytes += bytes;
    this.waitingBytes += bytes;
  }
}

/** Hands each of `links` a block of 128 KiB each `every` ms. */
function give(uplink: Uplink, links: readonly Channels[], every: number, from: number, until: number): void {
  for (let now = from; now <= until; now += every) {
    for (const link of links) link.pass(now);
    for (const link of links) {
      uplink.look(links, now);
      link.hand(131_072);
    }
  }
}

it('is not known while nothing has to wait', () => {
  const uplink = new Uplink();
  give(uplink, [new Channels(1_000)], 200, 0, 2_000);
  expect(uplink.rate).toBeUndefined();
});

it('is what leaves of all links together while something waits', () => {
  const uplink = new Uplink();
  give(uplink, [new Channels(600), new Channels(400)], 100, 0, 2_000);
  expect(uplink.rate).toBeCloseTo(1_000_000, -5);
  expect(uplink.rate).toBeLessThanOrEqual(1_000_000);
});

it('is not what left in a time in which nothing waited', () => {
  const uplink = new Uplink();
  const link = new Channels(1_000);
  give(uplink, [link], 100, 0, 1_000);
  // What waits is through long before the next block.
  give(uplink, [link], 2_000, 4_000, 20_000);
  expect(uplink.rate).toBeGreaterThan(500_000);
});

it('is believed less and less', () => {
  const uplink = new Uplink();
  const link = new Channels(1_000);
  give(uplink, [link], 100, 0, 1_000);
  const before = uplink.rate as number;
  link.pass(31_000);
  uplink.look([link], 31_000);
  expect(uplink.rate).toBeCloseTo(before / Math.E, -4);
  link.rate = 250;
  give(uplink, [link], 100, 90_000, 91_000);
  expect(uplink.rate).toBeCloseTo(250_000, -4);
});

it('leaves out what waited in a link that is gone', () => {
  const uplink = new Uplink();
  const [stays, goes] = [new Channels(1_000), new Channels(0)];
  give(uplink, [stays, goes], 100, 0, 1_000);
  give(uplink, [stays], 100, 1_100, 2_000);
  expect(uplink.rate).toBeLessThanOrEqual(1_000_000);
});

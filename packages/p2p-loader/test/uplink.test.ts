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

/** An uplink over `links`, each of which is handed a block of 128 KiB each `every` ms. */
function viewer(...links: Channels[]) {
  const uplink = new Uplink(() => links);
  const give = (every: number, from: number, until: number): void => {
    for (let now = from; now <= until; now += every) {
      for (const link of links) link.pass(now);
      for (const link of links) {
        uplink.look(now);
        link.hand(131_072);
      }
    }
  };
  return { links, uplink, give };
}

it('is not known while nothing has to wait', () => {
  const { uplink, give } = viewer(new Channels(1_000));
  give(200, 0, 4_000);
  expect(uplink.rate).toBeUndefined();
});

it('is what leaves of all links together while something waits', () => {
  const { uplink, give } = viewer(new Channels(600), new Channels(400));
  give(100, 0, 4_000);
  expect(uplink.rate).toBeCloseTo(1_000_000, -5);
  expect(uplink.rate).toBeLessThanOrEqual(1_000_000);
  expect(uplink.waitingBytes).toBeGreaterThan(6_000_000);
});

it('is not what left in a time in which nothing waited', () => {
  const { uplink, give } = viewer(new Channels(1_000));
  give(100, 0, 1_300);
  const before = uplink.rate as number;
  // What waits is through long before the next block.
  give(2_000, 4_000, 20_000);
  expect(uplink.rate).toBeCloseTo(before * Math.exp(-18.7 / 30), -4);
});

it('is told from many short times in which something waited', () => {
  const { uplink, give } = viewer(new Channels(1_000));
  for (let from = 0; from < 20_000; from += 1_000) give(100, from, from + 300);
  expect(uplink.rate).toBeCloseTo(1_000_000, -5);
});

it('is believed less and less', () => {
  const { uplink, links, give } = viewer(new Channels(1_000));
  give(100, 0, 1_300);
  const before = uplink.rate as number;
  for (const link of links) link.pass(31_300);
  uplink.look(31_300);
  expect(uplink.rate).toBeCloseTo(before / Math.E, -4);
  for (const link of links) link.rate = 250;
  give(100, 120_000, 123_000);
  expect(uplink.rate).toBeLessThanOrEqual(250_000);
  expect(uplink.rate).toBeGreaterThan(230_000);
});

it('leaves out what waited in a link that is gone', () => {
  const { uplink, links, give } = viewer(new Channels(1_000), new Channels(0));
  give(100, 0, 2_000);
  links.pop();
  give(100, 2_100, 5_000);
  expect(uplink.rate).toBeLessThanOrEqual(1_000_000);
});

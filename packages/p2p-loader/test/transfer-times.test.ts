import { LinkRate } from '../src/segment/link-rate.js';
import { TransferTimes } from '../src/segment/transfer-times.js';

const LENGTH = 2_000_000;

/** A link that the origin's last answer showed to carry 1000 bytes/ms. */
function shownLink(): LinkRate {
  const link = new LinkRate();
  for (let at = 50; at <= 1_000; at += 50) link.received(50_000, at);
  link.originAnswered(0, 1_000);
  return link;
}

/** Peers have given 250 bytes/ms for 4 s. */
function fromPeers(link: LinkRate): TransferTimes {
  const times = new TransferTimes(link);
  times.asked(9_900);
  for (let at = 10_000; at <= 14_000; at += 50) times.peerGave(12_500, at);
  return times;
}

it('a transfer from slow peers shows the pace of the link', () => {
  expect(fromPeers(shownLink()).until(1_000_000, LENGTH, 0, 14_000).timing.firstByte).toBeCloseTo(13_000);
});

it('the rest of a transfer that viewers brought most of shows no other pace, however slowly the origin sends it', () => {
  const times = fromPeers(shownLink());
  times.originAsked(14_000);
  times.originGave(50_000, false, 0, 14_100);
  times.originGave(50_000, false, 0, 15_000);
  expect(times.until(1_100_000, LENGTH, 0, 15_000).timing.firstByte).toBeCloseTo(13_900);
});

it('what the origin sends most of shows its pace, though viewers began', () => {
  const link = shownLink();
  const times = new TransferTimes(link);
  times.asked(9_900);
  times.peerGave(100_000, 10_000);
  times.originAsked(10_000);
  for (let at = 10_100; at <= 12_100; at += 50) times.originGave(25_000, false, 0, at);
  expect(times.until(1_125_000, LENGTH, 0, 12_100).timing.firstByte).toBeCloseTo(10_000);
});

describe('what the link needs for the whole', () => {
  it('is not told while peers give pieces in any order', () => {
    expect(new TransferTimes(shownLink()).until(0, LENGTH, 0, 0).bodyMs).toBeUndefined();
    expect(fromPeers(shownLink()).until(1_000_000, LENGTH, 0, 14_000).bodyMs).toBeUndefined();
  });

  it("is told while the origin sends it, by the origin's answers until then", () => {
    const times = fromPeers(shownLink());
    times.isSized = true;
    times.originGave(10, false, 0, 14_000);
    expect(times.until(1_000_010, LENGTH, 10, 14_000).bodyMs).toBeCloseTo(2_000);
  });

  it('is not told while the origin sends what is not next to the first bytes', () => {
    const times = fromPeers(shownLink());
    times.isSized = true;
    times.originGave(10, false, 1_000_000, 14_000);
    expect(times.until(1_000_010, LENGTH, 999_999, 14_000).bodyMs).toBeUndefined();
    expect(times.until(1_000_010, LENGTH, 1_000_000, 14_000).bodyMs).toBeDefined();
  });

  it('is not told while the origin sends an answer that does not say how long it is: nobody would see it end early', () => {
    const times = fromPeers(shownLink());
    times.originGave(10, false, 0, 14_000);
    expect(times.until(1_000_010, LENGTH, 10, 14_000).bodyMs).toBeUndefined();
  });

  it('is told by this answer when it is the first', () => {
    const times = new TransferTimes(new LinkRate());
    times.asked(0);
    times.isSized = true;
    for (let at = 0; at <= 1_000; at += 1) times.originGave(500, false, 0, at);
    expect(times.until(500_000, LENGTH, 500_000, 1_000).bodyMs).toBeCloseTo(4_000, -1);
  });

  it('is no more than it takes at the pace until now: the first answer was short, and the line carries more', () => {
    const link = new LinkRate();
    link.originGives(200_000, 0, 2_000);
    const times = new TransferTimes(link);
    times.asked(10_000);
    times.isSized = true;
    for (let at = 10_000; at <= 10_500; at += 50) times.originGave(50_000, false, 0, at);
    expect(times.until(550_000, LENGTH, 550_000, 10_500).bodyMs).toBeCloseTo(2_000, -3);
  });

  it('is what it took when all is here', () => {
    const times = fromPeers(shownLink());
    times.finish(LENGTH, 14_000);
    expect(times.until(LENGTH, LENGTH, LENGTH, 20_000).bodyMs).toBeCloseTo(2_000);
  });
});

it('what was waited for peers in vain is no part of the transfer from the origin', () => {
  const times = new TransferTimes(shownLink());
  times.asked(10_000);
  times.originAsked(13_000);
  times.originGave(10, false, 0, 13_100);
  expect(times.until(10, LENGTH, 10, 13_100).timing.start).toBeCloseTo(13_000);
  times.finish(LENGTH, 13_100);
  expect(times.until(LENGTH, LENGTH, LENGTH, 13_200).timing.start).toBeCloseTo(13_000);
});

describe('an answer of the origin that is left', () => {
  const given = (whole: boolean): [LinkRate, TransferTimes] => {
    const link = shownLink();
    const times = new TransferTimes(link);
    times.originAsked(10_000);
    for (let at = 10_100; at <= 12_100; at += 50) times.originGave(12_500, whole && at === 12_100, 0, at);
    return [link, times];
  };

  it('shows what the line carried until its last bytes', () => {
    const [link, times] = given(false);
    times.originEnded();
    expect(link.shown).toBeCloseTo(777, -1);
    // It is told once.
    times.originEnded();
    times.originAsked(20_000);
    expect(link.shown).toBeCloseTo(777, -1);
  });

  it('has shown it when it was whole', () => {
    const [link, times] = given(true);
    const { shown } = link;
    times.originEnded();
    expect(link.shown).toBe(shown);
  });
});

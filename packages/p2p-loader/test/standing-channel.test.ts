import type { SegmentStream } from '../src/mesh/segment-stream.js';
import { StandingChannel } from '../src/mesh/standing-channel.js';
import { FakeChannel } from './fake-channel.js';
import { settle } from './fake-source.js';
import { greeting, handshake, write as writeTo } from './handshake.js';

const hash = (digit: string): string => digit.repeat(40);
const write = (stream: SegmentStream | undefined, ...bytes: number[]): void => writeTo(stream, Uint8Array.from(bytes));

class End {
  readonly begun: SegmentStream[] = [];
  readonly received = new Map<string, number[]>();
  free = 0;
  closed = 0;
  accepts = true;
  readonly standing: StandingChannel;

  constructor(
    readonly channel: FakeChannel,
    peerId: string,
  ) {
    this.standing = new StandingChannel(
      channel.asRtc,
      peerId,
      {
        onBegin: (stream) => {
          if (!this.accepts) return false;
          this.begun.push(this.watch(stream));
          return true;
        },
        onFree: () => {
          this.free += 1;
        },
        onClose: () => {
          this.closed += 1;
        },
      },
      queueMicrotask,
    );
  }

  /** Begins one and says the handshake, as webtorrent does once a stream is connected. */
  begin(infoHash: string): SegmentStream {
    return greeting(this.watch(this.standing.begin(infoHash)));
  }

  /** Bytes that came after the other side's handshake. */
  after(infoHash: string): number[] | undefined {
    expect(this.received.get(infoHash)?.splice(0, 68)).toEqual([...handshake(infoHash)]);
    return this.received.get(infoHash);
  }

  watch(stream: SegmentStream): SegmentStream {
    const bytes: number[] = [];
    this.received.set(stream.infoHash, bytes);
    stream.on('data', ((chunk: Uint8Array) => bytes.push(...chunk)) as never);
    return stream;
  }
}

const make = (opened = true): [End, End] => {
  const [a, b] = FakeChannel.pair();
  const ends: [End, End] = [new End(a, hash('b')), new End(b, hash('a'))];
  if (opened) a.open();
  return ends;
};

describe('a standing channel', () => {
  it('carries one segment after another, both ways', async () => {
    const [a, b] = make();
    for (const [round, digit] of ['1', '2', '3'].entries()) {
      expect(a.standing.free).toBe(true);
      const mine = a.begin(hash(digit));
      expect(a.standing.free).toBe(false);
      await settle();
      const theirs = b.begun[round];
      expect(theirs?.infoHash).toBe(hash(digit));
      expect(mine.connected && theirs?.connected).toBe(true);
      write(mine, round, 1);
      write(theirs, round, 2);
      await settle();
      expect(b.after(hash(digit))).toEqual([round, 1]);
      expect(a.received.get(hash(digit))).toEqual([round, 2]);
      (round === 1 ? theirs : mine)?.destroy();
      await settle();
      expect(theirs?.destroyed && mine.destroyed).toBe(true);
    }
    expect(a.channel.readyState).toBe('open');
    expect(a.free).toBe(3);
    expect(b.free).toBe(3);
  });

  it('begins once the channel opens', async () => {
    const [a, b] = make(false);
    const stream = a.begin(hash('1'));
    await settle();
    expect(stream.connected).toBe(false);
    a.channel.open();
    await settle();
    expect(stream.connected).toBe(true);
    expect(b.begun).toHaveLength(1);
  });

  it('is free again when its segment was given up before anything was said, and the other side hears nothing', async () => {
    const [a, b] = make();
    a.standing.begin(hash('1')).destroy();
    await settle();
    expect(a.channel.log).toEqual([]);
    expect(a.standing.free && b.standing.free).toBe(true);
    a.begin(hash('2'));
    await settle();
    expect(b.begun.map((stream) => stream.infoHash)).toEqual([hash('2')]);
  });

  it('is free again when its segment was given up before it opened', async () => {
    const [a, b] = make(false);
    a.begin(hash('1')).destroy();
    await settle();
    expect(a.standing.free).toBe(true);
    a.begin(hash('2'));
    a.channel.open();
    await settle();
    expect(b.begun.map((stream) => stream.infoHash)).toEqual([hash('2')]);
    expect(a.channel.log).toEqual([68]);
  });

  it('is free only after both ends have ended, also when the ends cross', async () => {
    const [a, b] = make();
    const mine = a.begin(hash('1'));
    await settle();
    a.channel.held = true;
    b.channel.held = true;
    mine.destroy();
    b.begun[0]?.destroy();
    await settle();
    expect([a.channel.log.at(-1), b.channel.log.at(-1)]).toEqual(['-', '-']);
    expect(a.standing.free || b.standing.free).toBe(false);
    a.channel.flush();
    b.channel.flush();
    await settle();
    expect(a.standing.free && b.standing.free).toBe(true);
    expect(a.channel.log.filter((frame) => frame === '-')).toHaveLength(1);
    expect(b.channel.log.filter((frame) => frame === '-')).toHaveLength(1);
  });

  it('never lets late bytes of a segment into the next', async () => {
    const [a, b] = make();
    const mine = a.begin(hash('1'));
    await settle();
    b.channel.held = true;
    write(b.begun[0], 66, 66);
    mine.destroy();
    await settle();
    expect(a.standing.free).toBe(false);
    b.channel.flush();
    await settle();
    expect(a.standing.free).toBe(true);
    a.begin(hash('2'));
    await settle();
    write(b.begun[1], 7);
    await settle();
    expect(a.received.get(hash('1'))).toEqual([]);
    expect(a.received.get(hash('2'))).toEqual([7]);
  });

  it('ends a segment that the other side refuses, and takes the next', async () => {
    const [a, b] = make();
    b.accepts = false;
    const refused = a.begin(hash('1'));
    await settle();
    expect(refused.destroyed).toBe(true);
    expect(a.standing.free && b.standing.free).toBe(true);
    b.accepts = true;
    a.begin(hash('2'));
    await settle();
    expect(b.begun).toHaveLength(1);
  });

  it.each([
    ['an unknown text frame', 'x', true],
    ['an unknown text frame in a segment', 'x', false],
    ['a handshake that is none', Uint8Array.of(1, ...handshake(hash('1')).slice(1)), true],
    ['a handshake without infohash', handshake(hash('1')).slice(0, 47), true],
  ])('closes at %s', async (_name, frame, ended) => {
    const [a, b] = make();
    const mine = a.begin(hash('1'));
    await settle();
    if (ended) mine.destroy();
    await settle();
    a.channel.send(frame);
    await settle();
    expect(b.channel.readyState).toBe('closed');
    expect(b.begun[0]?.destroyed).toBe(true);
    expect(mine.destroyed).toBe(true);
    expect([a.closed, b.closed]).toEqual([1, 1]);
    expect(a.standing.free || b.standing.free).toBe(false);
  });

  it('ignores an end that belongs to no segment', async () => {
    const [a, b] = make();
    a.channel.send('-');
    await settle();
    expect(b.standing.free).toBe(true);
    expect(b.free).toBe(0);
  });

  it('holds writes back while much of them has not left', async () => {
    const [a, b] = make();
    const mine = a.begin(hash('1'));
    await settle();
    a.channel.bufferedAmount = 10_000_000;
    write(mine, 1);
    await settle();
    write(mine, 2);
    await settle();
    expect(b.after(hash('1'))).toEqual([1]);
    a.channel.bufferedAmount = 0;
    a.channel.onbufferedamountlow?.();
    await settle();
    expect(b.received.get(hash('1'))).toEqual([1, 2]);
  });

  it('closes where it takes no more, and says nothing of it', async () => {
    const [a] = make();
    const stream = a.begin(hash('1'));
    await settle();
    a.channel.send = () => {
      throw new DOMException('send queue is full', 'OperationError');
    };
    write(stream, 1);
    await settle();
    expect([stream.destroyed, a.closed, a.standing.free]).toEqual([true, 1, false]);
  });

  it('destroys its segment when it closes, even with writes held back', async () => {
    const [a] = make();
    const mine = a.begin(hash('1'));
    await settle();
    a.channel.bufferedAmount = 10_000_000;
    write(mine, 1);
    await settle();
    a.standing.close();
    await settle();
    expect(mine.destroyed).toBe(true);
    expect(a.closed).toBe(1);
  });
});

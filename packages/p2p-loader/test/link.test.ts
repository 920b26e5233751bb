import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { CONTROL_VERSION, type ControlMessage, encodeControl } from '../src/mesh/control.js';
import { Link, MAX_SILENCES } from '../src/mesh/link.js';
import { MAX_CHANNELS } from '../src/mesh/link-channels.js';
import type { SegmentStream } from '../src/mesh/segment-stream.js';
import { FakePeer } from './fake-peer.js';
import { settle } from './fake-source.js';
import { greeting } from './handshake.js';
import { until } from './torrent-fixtures.js';

const A = 'a1'.repeat(20);
const B = 'b2'.repeat(20);
const hash = (n: number): string => n.toString(16).padStart(40, '0');

class Side {
  readonly log: string[] = [];
  readonly messages: ControlMessage[] = [];
  readonly streams: SegmentStream[] = [];
  /** Bytes handed over, and waiting, each time before more are. */
  readonly link: Link;
  accepts = true;
  now = 0;

  constructor(peer: FakePeer, id: string, have: string[] = []) {
    this.link = new Link(peer, id, () => ({ n: 7, have }), {
      onOpen: () => this.log.push('open'),
      onMessage: (_link, message) => this.messages.push(message),
      onStream: (_link, stream) => {
        this.streams.push(stream);
        return this.accepts;
      },
      onClose: () => this.log.push('close'),
      now: () => this.now,
    });
  }
}

const opened = async () => {
  const [atA, atB] = FakePeer.pair(A, B);
  const a = new Side(atA, A, [hash(1)]);
  const b = new Side(atB, B);
  atA.connect();
  atB.connect();
  await settle();
  return { a, b, atA, atB };
};

/** One side only, whose other side the test plays. */
const alone = async (...frames: (ControlMessage | string)[]) => {
  const peer = new FakePeer(B);
  const a = new Side(peer, A);
  peer.connect();
  for (const frame of frames) {
    peer.emit('data', typeof frame === 'string' ? frame : encodeControl(frame));
    await settle();
  }
  return { a, peer };
};
const HELLO: ControlMessage = { t: 'hello', v: CONTROL_VERSION, id: B, n: 3, have: [hash(5)] };

describe('a link', () => {
  it('looks how its connection goes when it is up, after 2 s and 10 s, then once a minute at most, and no more once it is closed', async () => {
    const peer = new FakePeer(B);
    const looks = jest.spyOn(peer._pc, 'getStats');
    const side = new Side(peer, A);
    const { link } = side;
    peer.path = 'relay';
    peer.connect();
    await settle();
    expect(link.path).toBe('relay');
    peer.path = 'srflx';
    const lookUntil = async (end: number) => {
      for (; side.now < end; await settle()) {
        side.now = Math.min(end, side.now + 500);
        void link.path;
      }
    };
    await lookUntil(1_999);
    expect([link.path, looks.mock.calls.length]).toEqual(['relay', 1]);
    await lookUntil(2_000);
    expect([link.path, looks.mock.calls.length]).toEqual(['srflx', 2]);
    await lookUntil(10_000);
    expect(looks).toHaveBeenCalledTimes(3);
    await lookUntil(310_000);
    expect(looks).toHaveBeenCalledTimes(8);
    link.close();
    await lookUntil(600_000);
    expect(looks).toHaveBeenCalledTimes(8);
  });

  it('opens when both hellos are here, and knows what they say', async () => {
    const { a, b } = await opened();
    expect([a.log, b.log]).toEqual([['open'], ['open']]);
    expect([...b.link.has]).toEqual([hash(1)]);
    expect(b.link.swarmSize).toBe(7);
    expect([a.link.opens, b.link.opens]).toEqual([true, false]);
  });

  it('sends nothing before its hello, and begins nothing before the other one', async () => {
    const peer = new FakePeer(B);
    const a = new Side(peer, A);
    a.link.send({ t: 'no', h: hash(1) });
    expect(peer.sent).toEqual([]);
    peer.connect();
    expect(peer.types).toEqual(['hello']);
    expect(a.link.begin(hash(1))).toBeUndefined();
    expect(peer.channels).toEqual([]);
    peer.emit('data', encodeControl(HELLO));
    expect(a.link.begin(hash(1))).toBeDefined();
  });

  it('tells who receives a segment from others later that it is here, and who has it never', async () => {
    const { a, b } = await opened();
    const haves = () => b.messages.filter(({ t }) => t === 'have');
    for (const n of [2, 3, 4]) b.link.send({ t: 'part', h: hash(n) }, 0);
    await settle();
    // The one that b receives from a itself.
    a.link.begin(hash(4));
    for (const n of [2, 3, 4]) a.link.send({ t: 'have', h: [hash(n)] });
    b.link.send({ t: 'have', h: [hash(2)] }, 0);
    await until(() => haves().length > 0);
    expect(haves()).toEqual([
      { t: 'have', h: [hash(3)] },
      { t: 'have', h: [hash(4)] },
    ]);
    a.link.send({ t: 'have', h: [hash(3)] });
    await sleep(100);
    expect(haves()).toHaveLength(2);
    await until(() => haves().length > 2);
  });

  it('takes over the data channels before its hello goes out', () => {
    const peer = new FakePeer(B);
    peer.send = () => expect(peer._pc.ondatachannel).not.toBeNull();
    new Side(peer, A);
    peer.connect();
    expect.assertions(1);
  });

  it.each<[string, ControlMessage | string]>([
    ['another version', { ...HELLO, v: CONTROL_VERSION + 1 } as ControlMessage],
    ['another peer id than the tracker told', { ...HELLO, id: A } as ControlMessage],
    ['a message before hello', { t: 'have', h: [] }],
    ['a malformed frame', '{'],
  ])('closes at %s', async (_name, frame) => {
    const { a, peer } = await alone(frame);
    expect(a.log).toEqual(['close']);
    expect(peer.destroyed).toBe(true);
  });

  it('closes at a malformed frame later on', async () => {
    const { a } = await alone(HELLO, '{"t":"have","h":1}');
    expect(a.log).toEqual(['open', 'close']);
  });

  it('ignores types that it does not know, even first', async () => {
    const { a } = await alone('{"t":"later"}', HELLO, '{"t":"later"}');
    expect(a.log).toEqual(['open']);
    expect(a.messages).toEqual([]);
  });

  it('remembers what the other side has, receives and lost, and whom it is linked to', async () => {
    const { a } = await alone(
      HELLO,
      { t: 'part', h: hash(6) },
      { t: 'part', h: hash(7) },
      { t: 'have', h: [hash(6)] },
      { t: 'lost', h: [hash(5)] },
      { t: 'links', p: [A, hash(8)] },
      { t: 'line', r: 950_000 },
    );
    expect(a.link.lineRate).toBe(950_000);
    expect([...a.link.neighbours]).toEqual([A, hash(8)]);
    expect([...a.link.has]).toEqual([hash(6)]);
    expect([...a.link.receiving]).toEqual([hash(7)]);
    expect(a.messages.map((message) => message.t)).toEqual(['part', 'part', 'have', 'lost', 'links', 'line']);
  });

  it('believes no viewer that it is linked to more than anybody holds', async () => {
    const { a } = await alone(HELLO, { t: 'links', p: Array.from({ length: 100 }, (_, n) => hash(n)) });
    expect(a.link.neighbours.size).toBe(16);
  });

  it('remembers a bounded number of segments', async () => {
    const { a } = await alone(HELLO);
    for (let i = 0; i < 3_000; i++) a.link.remember(a.link.has, hash(i));
    expect(a.link.has.size).toBe(2048);
    expect(a.link.has.has(hash(2_999))).toBe(true);
  });

  it('says bye when it closes; both sides close once', async () => {
    const { a, b, atA, atB } = await opened();
    a.link.close();
    a.link.close();
    await settle();
    expect(atA.types).toEqual(['hello', 'bye']);
    expect([a.log, b.log]).toEqual([
      ['open', 'close'],
      ['open', 'close'],
    ]);
    expect(atB.destroyed).toBe(true);
  });

  it('closes once when nothing can be sent any more', async () => {
    for (const end of [(link: Link) => link.send({ t: 'no', h: hash(1) }), (link: Link) => link.close()]) {
      const { a, peer } = await alone(HELLO);
      peer.send = () => {
        throw new DOMException('channel is closing', 'InvalidStateError');
      };
      end(a.link);
      expect(a.log).toEqual(['open', 'close']);
    }
  });

  it.each(['close', 'error'])('closes when its connection ends with %s', async (event) => {
    const { a, peer } = await alone(HELLO);
    peer.emit(event, new Error('gone'));
    expect(a.log).toEqual(['open', 'close']);
    expect(a.link.open).toBe(false);
    a.link.send({ t: 'no', h: hash(1) });
    expect(a.link.begin(hash(1))).toBeUndefined();
  });

  it('carries segments beside each other, and hands a channel on to the next', async () => {
    const { a, b, atA } = await opened();
    const first = greeting(a.link.begin(hash(1)));
    const second = greeting(a.link.begin(hash(2)));
    await until(() => b.streams.length === 2);
    expect(b.streams.map((stream) => stream.infoHash)).toEqual([hash(1), hash(2)]);
    expect(b.streams[0]?.peerId).toBe(A);
    first?.destroy();
    second?.destroy();
    await settle();
    greeting(a.link.begin(hash(3)));
    await until(() => b.streams.length === 3);
    expect(b.streams.map((stream) => stream.infoHash)).toEqual([hash(1), hash(2), hash(3)]);
    expect(atA.channels).toHaveLength(2);
  });

  it('has a bounded number of channels, its own and the other side’s', async () => {
    const { a, b, atA } = await opened();
    const begun = Array.from({ length: MAX_CHANNELS + 1 }, (_, i) => greeting(a.link.begin(hash(i))));
    await until(() => b.streams.length >= MAX_CHANNELS);
    expect(begun.filter((stream) => stream !== undefined)).toHaveLength(MAX_CHANNELS);
    expect(b.streams).toHaveLength(MAX_CHANNELS);
    atA._pc.createDataChannel();
    await settle();
    expect(atA.channels.at(-1)?.readyState).toBe('closed');
    expect(b.link.begin(hash(99))).toBeDefined();
  });

  it('ends for good when more is sent than anybody may', async () => {
    const { a, peer } = await alone(HELLO);
    const flood = encodeControl({ t: 'want', h: hash(1) });
    for (let n = 0; n < 2_000 && !peer.destroyed; n++) peer.emit('data', flood);
    expect([a.link.fault, peer.destroyed]).toEqual(['abusive', true]);
    const taken = a.messages.length;
    expect(taken).toBeLessThan(1_100);
    peer.emit('data', flood);
    expect(a.messages).toHaveLength(taken);
  });

  it('ends for good when more channels are opened than anybody may, and closed again', async () => {
    const { b, atA } = await opened();
    for (let n = 0; n < 32; n++) {
      atA._pc.createDataChannel();
      await settle();
      atA.channels.at(-1)?.close();
    }
    expect(b.link.fault).toBeUndefined();
    atA._pc.createDataChannel();
    await settle();
    expect(b.link.fault).toBe('abusive');
  });

  it('ends for good at what is malformed, and at goodbye for none', async () => {
    expect((await alone(HELLO, '{"t":"have","h":[1]}')).a.link.fault).toBe('abusive');
    expect((await alone(HELLO, { t: 'bye' })).a.link.fault).toBeUndefined();
  });

  it('ends when the other side was silent too often in a row', async () => {
    const { a } = await alone(HELLO);
    for (let n = 1; n < MAX_SILENCES; n++) a.link.noteSilence();
    expect(a.link.open).toBe(true);
    a.link.noteSilence();
    expect([a.link.open, a.link.fault]).toEqual([false, 'silent']);
  });

  it('ends its segments when it closes', async () => {
    const { a, b } = await opened();
    const mine = greeting(a.link.begin(hash(1)));
    await until(() => b.streams.length === 1);
    b.link.close();
    await settle();
    expect(mine?.destroyed).toBe(true);
    expect(b.streams[0]?.destroyed).toBe(true);
  });
});

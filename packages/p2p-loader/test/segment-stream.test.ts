import fc from 'fast-check';
import { HIGH_WATER_BYTES, packMessages, SegmentStream, type StreamCarrier } from '../src/mesh/segment-stream.js';
import { settle } from './fake-source.js';

const ID = '11'.repeat(20);
const HASH = '22'.repeat(20);

const packed = (batch: readonly Uint8Array[], limit: number): Uint8Array[] => {
  const messages: Uint8Array[] = [];
  packMessages(batch, limit, (message) => messages.push(message.slice()));
  return messages;
};

describe('packed messages', () => {
  const batches = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });

  it('are the same bytes in the same order, none empty and none above the limit', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 50 }), (batch, limit) => {
        const messages = packed(batch, limit);
        expect(Buffer.concat(messages)).toEqual(Buffer.concat(batch));
        for (const message of messages) {
          expect(message.byteLength).toBeGreaterThan(0);
          expect(message.byteLength).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it('join a header and its block', () => {
    const messages = packed([new Uint8Array(13), new Uint8Array(16_384)], 65_536);
    expect(messages.map((message) => message.byteLength)).toEqual([13 + 16_384]);
  });

  it('do not part a header from its block', () => {
    const header = Uint8Array.of(0, 0, 64, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0);
    const block = new Uint8Array(16_384);
    const messages = packed([header, block, header, block, header, block], 40_000);
    expect(messages.map((message) => message.byteLength)).toEqual([2 * (13 + 16_384), 13 + 16_384]);
  });
});

class FakeCarrier implements StreamCarrier {
  readonly sent: Uint8Array[] = [];
  buffered = 0;
  drained: (() => void) | undefined;
  released = 0;
  send(bytes: Uint8Array): void {
    this.sent.push(bytes.slice());
  }
  bufferedAmount(): number {
    return this.buffered;
  }
  onDrain(callback: () => void): void {
    this.drained = callback;
  }
  release(): void {
    this.released += 1;
  }
}

describe('a segment stream', () => {
  const make = () => {
    const carrier = new FakeCarrier();
    return { carrier, stream: new SegmentStream(ID, HASH, carrier, queueMicrotask) };
  };
  type Writable = { write(bytes: Uint8Array): boolean };
  const write = (stream: SegmentStream, bytes: Uint8Array) => (stream as unknown as Writable).write(bytes);

  it('has an id of its own, even for the same viewer and segment', () => {
    expect(make().stream.id).not.toBe(make().stream.id);
  });

  it('says connect once', () => {
    const { stream } = make();
    let connects = 0;
    stream.on('connect', () => {
      connects += 1;
    });
    stream.open();
    stream.open();
    expect(connects).toBe(1);
    expect(stream.connected).toBe(true);
  });

  it('keeps what nobody waits for back, until something else goes or for a while', async () => {
    const carrier = new FakeCarrier();
    const soon: (() => void)[] = [];
    const later: (() => void)[] = [];
    const stream = new SegmentStream(
      ID,
      HASH,
      carrier,
      (task) => soon.push(task),
      (task) => later.push(task),
    );
    const sent = () => carrier.sent.splice(0).map((bytes) => bytes.byteLength);
    const [choke, have, request] = [[0, 0, 0, 1, 0], [0, 0, 0, 5, 4, 0, 0, 0, 7], new Array(17).fill(6)].map((bytes) =>
      Uint8Array.from(bytes),
    );
    stream.open();
    write(stream, have as Uint8Array);
    await settle();
    write(stream, choke as Uint8Array);
    await settle();
    expect([soon.length, later.length]).toEqual([0, 1]);
    later.shift()?.();
    expect(sent()).toEqual([14]);
    write(stream, have as Uint8Array);
    await settle();
    write(stream, request as Uint8Array);
    await settle();
    soon.shift()?.();
    expect(sent()).toEqual([26]);
    later.shift()?.();
    expect(sent()).toEqual([]);
    write(stream, request as Uint8Array);
    await settle();
    write(stream, have as Uint8Array);
    await settle();
    expect([soon.length, later.length]).toEqual([1, 0]);
  });

  it('waits with more while the carrier is full', async () => {
    const { stream, carrier } = make();
    stream.open();
    carrier.buffered = HIGH_WATER_BYTES + 1;
    write(stream, new Uint8Array(10));
    await settle();
    write(stream, new Uint8Array(20));
    await settle();
    expect(carrier.sent).toHaveLength(1);
    carrier.buffered = 0;
    carrier.drained?.();
    await settle();
    expect(carrier.sent.map((bytes) => bytes.byteLength)).toEqual([10, 20]);
  });

  it('passes on what arrives until it is destroyed', async () => {
    const { stream } = make();
    const got: number[] = [];
    stream.on('data', ((bytes: Uint8Array) => got.push(...bytes)) as never);
    stream.receive(Uint8Array.of(1, 2));
    await settle();
    stream.destroy();
    stream.receive(Uint8Array.of(3));
    await settle();
    expect(got).toEqual([1, 2]);
  });

  it('releases its carrier once when destroyed, or when what was written has ended', async () => {
    for (const end of [(s: SegmentStream) => s.destroy(), (s: SegmentStream) => void s.end()]) {
      const { stream, carrier } = make();
      stream.on('data', () => {});
      stream.open();
      end(stream);
      await settle();
      stream.destroy();
      await settle();
      expect(carrier.released).toBe(1);
      expect(stream.connected).toBe(false);
    }
  });
});

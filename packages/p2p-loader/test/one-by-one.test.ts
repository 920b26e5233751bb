import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { OneByOne } from '../src/segment/one-by-one.js';
import type { Wire } from '../src/vendor/bittorrent-protocol.js';

const COUNT = 16;

beforeEach(() => jest.useFakeTimers({ now: 0, doNotFake: ['queueMicrotask'] }));
afterEach(() => jest.useRealTimers());

/** A wire to a viewer, which asks for each piece that it is told of, if it `asks`. */
class Taker extends EventEmitter {
  readonly told: number[] = [];
  readonly has = new Set<number>();
  readonly peerRequests: unknown[] = [];
  shown: Uint8Array | 'all' | undefined;
  asks = true;
  peerPieces = { get: (index: number) => this.has.has(index), set: () => {} };

  have(index: number): void {
    this.told.push(index);
    if (this.asks) {
      this.peerRequests.push(index);
      this.emit('request', index);
    }
  }

  bitfield(bits: Uint8Array): void {
    this.shown = bits;
  }

  haveAll(): void {
    this.shown = 'all';
  }

  /** What it asked for first is sent. */
  sent(): void {
    this.peerRequests.shift();
    this.emit('upload', 1);
  }

  get wire(): Wire {
    return this as unknown as Wire;
  }
}

function setUp(takers: number) {
  const verified = new Set<number>();
  const oneByOne = new OneByOne(COUNT, verified, () => Date.now());
  const wires = Array.from({ length: takers }, () => new Taker());
  for (const { wire } of wires) oneByOne.add(wire);
  /** A piece is verified, and webtorrent tells of it. */
  const arrives = async (index: number, fromOrigin = true): Promise<void> => {
    verified.add(index);
    if (fromOrigin) oneByOne.own(index);
    for (const { wire } of wires) wire.have(index);
    await Promise.resolve();
  };
  return { oneByOne, wires, arrives, verified, told: () => wires.map(({ told }) => told) };
}

it('a piece of the origin is told to one taker, the next one to another', async () => {
  const { arrives, told } = setUp(3);
  for (const index of [0, 1, 2, 3, 4, 5]) await arrives(index);
  expect(told()).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
});

it('what viewers gave is told to all', async () => {
  const { arrives, told } = setUp(2);
  await arrives(7, false);
  expect(told()).toEqual([[7], [7]]);
});

it('whoever takes less is told of less', async () => {
  const { arrives, told, wires } = setUp(2);
  for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) {
    await arrives(index);
    wires[0]?.sent();
  }
  const [fast = [], slow = []] = told();
  expect(slow.length).toBeLessThan(4);
  expect(new Set([...fast, ...slow]).size).toBe(8);
});

it('with nothing else to send, it tells others of what one knows, those that have it left out', async () => {
  const { arrives, told, wires } = setUp(2);
  for (const index of [0, 1, 2, 3]) await arrives(index);
  expect(told()).toEqual([
    [0, 2],
    [1, 3],
  ]);
  wires[0]?.has.add(1);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(told().flat()).toHaveLength(4);
  for (const wire of wires) while (wire.peerRequests.length > 0) wire.sent();
  await Promise.resolve();
  expect(told()).toEqual([
    [0, 2, 3],
    [1, 3, 0, 2],
  ]);
});

it('a taker that does not ask for what it was told of has it from others, and others hear of it', async () => {
  const { arrives, told, wires } = setUp(2);
  for (const wire of wires) wire.asks = false;
  for (const index of [0, 1, 2, 3]) await arrives(index);
  await jest.advanceTimersByTimeAsync(500);
  expect(told().flat()).toHaveLength(4);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(told().flat()).toHaveLength(8);
});

it('who comes later is not shown what others are told of, but told of it in turn', async () => {
  const { arrives, oneByOne } = setUp(1);
  await arrives(0);
  await arrives(8, false);
  const late = new Taker();
  oneByOne.add(late.wire);
  late.wire.bitfield(Uint8Array.of(0x80, 0x80));
  expect(late.shown).toEqual(Uint8Array.of(0, 0x80));
  await jest.advanceTimersByTimeAsync(600);
  expect(late.told).toEqual([0]);
  oneByOne.close();
});

it('without pieces of the origin all is shown as it is', () => {
  const { wires } = setUp(2);
  wires[0]?.wire.haveAll();
  wires[1]?.wire.bitfield(Uint8Array.of(1, 2));
  expect(wires.map(({ shown }) => shown)).toEqual(['all', Uint8Array.of(1, 2)]);
});

it('what only one taker knew of is told to another when that one leaves', async () => {
  const { arrives, told, wires } = setUp(2);
  for (const index of [0, 1]) await arrives(index);
  wires[0]?.emit('close');
  wires[1]?.sent();
  await Promise.resolve();
  expect(told()).toEqual([[0], [1, 0]]);
});

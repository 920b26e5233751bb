import { Duplex } from '../vendor/streamx.js';
import { later, type Soon, soon } from './soon.js';

/** What a stream needs of the channel that carries it. */
export interface StreamCarrier {
  /** Takes a copy. */
  send(bytes: Uint8Array): void;
  /** Bytes handed to `send` that have not left yet. */
  bufferedAmount(): number;
  /** Calls back once when little of that is left. */
  onDrain(callback: () => void): void;
  /** The stream is done with the channel. */
  release(): void;
}

/** Written bytes wait above this, bytes: one channel may not hog a link's send buffer. */
export const HIGH_WATER_BYTES = 256 * 1024;
/** Longest message, bytes: a block of 128 KiB and what goes with it. Every browser takes 256 KiB. */
const MAX_MESSAGE_BYTES = 129 * 1024;

let nextId = 0;

/**
 * One segment's bytes on one channel of a link, as the duplex stream that webtorrent's `addPeer()` takes:
 * with a unique `id` and simple-peer's `connected` and `connect`.
 */
export class SegmentStream extends Duplex {
  readonly id: string;
  connected = false;
  readonly #carrier: StreamCarrier;
  #heldBack: (() => void) | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  /** What was gathered leaves at the end of which wait. */
  #due: Soon | undefined;

  constructor(
    /** Peer id of the other viewer, 40 hex digits. */
    readonly peerId: string,
    /** The segment. */
    readonly infoHash: string,
    carrier: StreamCarrier,
    private readonly gather: Soon = soon,
    private readonly gatherLong: Soon = later,
  ) {
    super({
      highWaterMark: HIGH_WATER_BYTES,
      byteLength: (chunk) => chunk.byteLength,
      writev: (batch, callback) => this.#write(batch, callback),
      // A write that is held back would hold the end back too: a closed channel drains no more.
      predestroy: () => this.#drained(),
      destroy: (callback) => {
        this.#flush();
        this.connected = false;
        carrier.release();
        callback(null);
      },
    });
    this.id = `${peerId}:${infoHash}:${nextId++}`;
    this.#carrier = carrier;
    this.on('finish', () => this.destroy());
  }

  /** The channel is open. */
  open(): void {
    if (this.destroyed || this.destroying || this.connected) return;
    this.connected = true;
    this.emit('connect');
  }

  /** Bytes from the other side. */
  receive(bytes: Uint8Array): void {
    if (!this.destroyed && !this.destroying) this.push(bytes);
  }

  #write(batch: Uint8Array[], callback: (error?: Error | null) => void): void {
    if (!this.connected) {
      this.destroy();
      callback(null);
      return;
    }
    if (this.#due !== this.gather) {
      const due = batch.every(canWait) ? this.gatherLong : this.gather;
      if (this.#due !== due) due(() => this.#flush());
      this.#due = due;
    }
    for (const chunk of batch) {
      this.#gathered.push(chunk);
      this.#gatheredBytes += chunk.byteLength;
    }
    if (this.#gatheredBytes >= MAX_MESSAGE_BYTES) this.#flush();
    if (this.#carrier.bufferedAmount() <= HIGH_WATER_BYTES) {
      callback(null);
      return;
    }
    this.#heldBack = () => callback(null);
    this.#carrier.onDrain(() => this.#drained());
  }

  #flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#due = undefined;
    if (this.connected) packMessages(gathered, MAX_MESSAGE_BYTES, (message) => this.#carrier.send(message));
  }

  #drained(): void {
    const goOn = this.#heldBack;
    this.#heldBack = undefined;
    goOn?.();
  }
}

/** What the other side does not wait for: choke, not interested, have (BEP 3). */
const canWait = (message: Uint8Array): boolean =>
  message.byteLength === 9 ? message[4] === 4 : message.byteLength === 5 && (message[4] === 0 || message[4] === 3);

/** The header of a block that is written after it (BEP 3, `piece`). */
const isHeader = (chunk: Uint8Array): boolean => chunk.byteLength === 13 && chunk[4] === 7;

/** Where messages are joined: a channel copies what it is given at once. */
let joint = new Uint8Array(0);

/**
 * Joins small writes into few messages of at most `limit` bytes. Keeps the order, and a block with its header: the other side would
 * have to copy it.
 * @param send called with each message, which holds until it returns
 */
export function packMessages(batch: readonly Uint8Array[], limit: number, send: (message: Uint8Array) => void): void {
  if (joint.byteLength < limit) joint = new Uint8Array(limit);
  let group: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    const [first] = group;
    if (!first) return;
    if (group.length === 1) send(first);
    else {
      let offset = 0;
      for (const chunk of group) {
        joint.set(chunk, offset);
        offset += chunk.byteLength;
      }
      send(joint.subarray(0, size));
    }
    group = [];
    size = 0;
  };
  for (const [i, chunk] of batch.entries()) {
    const whole = chunk.byteLength + (isHeader(chunk) ? (batch[i + 1]?.byteLength ?? 0) : 0);
    if (size + whole > limit) flush();
    if (chunk.byteLength > limit) {
      for (let at = 0; at < chunk.byteLength; at += limit) send(chunk.subarray(at, at + limit));
    } else if (chunk.byteLength > 0) {
      group.push(chunk);
      size += chunk.byteLength;
    }
  }
  flush();
}

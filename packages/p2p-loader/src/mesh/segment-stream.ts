import { Duplex } from '../vendor/streamx.js';
import { later, type Soon, soon } from './soon.js';

/** What a stream needs of the channel that carries it. */
export interface StreamCarrier {
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
    const messages = packMessages(this.#gathered, MAX_MESSAGE_BYTES);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#due = undefined;
    if (this.connected) for (const message of messages) this.#carrier.send(message);
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

/** Joins small writes (a 13-byte header, then its block) into few messages of at most `limit` bytes. Keeps the order. */
export function packMessages(batch: readonly Uint8Array[], limit: number): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let group: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    const [first] = group;
    if (!first) return;
    if (group.length === 1) messages.push(first);
    else {
      const joined = new Uint8Array(size);
      let offset = 0;
      for (const chunk of group) {
        joined.set(chunk, offset);
        offset += chunk.byteLength;
      }
      messages.push(joined);
    }
    group = [];
    size = 0;
  };
  for (const chunk of batch) {
    if (size + chunk.byteLength > limit) flush();
    if (chunk.byteLength > limit) {
      for (let at = 0; at < chunk.byteLength; at += limit) messages.push(chunk.subarray(at, at + limit));
    } else if (chunk.byteLength > 0) {
      group.push(chunk);
      size += chunk.byteLength;
    }
  }
  flush();
  return messages;
}

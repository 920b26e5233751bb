import { hex } from './hex.js';
import { SegmentStream } from './segment-stream.js';
import { type Soon, soon } from './soon.js';

/** Text frame that ends a segment on a channel, which is free again when both sides have sent it. */
const END = '-';
const LOW_WATER_BYTES = 64 * 1024;
/** BEP 3's handshake: its first byte, and where the infohash stands in it. */
const HANDSHAKE = 19;
const INFO_HASH_FROM = 28;
const INFO_HASH_TO = 48;

export interface StandingChannelEvents {
  /** The other side begins a segment. Return false to refuse it. */
  onBegin(stream: SegmentStream): boolean;
  /** Free again, or closed. */
  onFree(): void;
  onClose(): void;
}

/**
 * One RTCDataChannel that carries one segment after another. Opening and closing a channel blocks a busy page's main
 * thread for milliseconds, so it is handed on instead. Its frames are ordered: the wire protocol's handshake, in the first binary frame,
 * names the segment that begins, and a text frame ends it.
 */
export class StandingChannel {
  #stream: SegmentStream | undefined;
  #awaitingEnd = false;
  /** The other side knows of the segment, and waits for its end. */
  #told = false;
  #drain: (() => void) | undefined;

  constructor(
    private readonly channel: RTCDataChannel,
    private readonly peerId: string,
    private readonly events: StandingChannelEvents,
    private readonly gather: Soon = soon,
  ) {
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW_WATER_BYTES;
    channel.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#receive(event.data);
    channel.onopen = () => this.#open();
    channel.onclose = () => this.#closed();
    channel.onbufferedamountlow = () => {
      const drain = this.#drain;
      this.#drain = undefined;
      drain?.();
    };
  }

  /** Whether a segment can begin here now. */
  get free(): boolean {
    return (
      !this.#stream &&
      !this.#awaitingEnd &&
      this.channel.readyState !== 'closing' &&
      this.channel.readyState !== 'closed'
    );
  }

  /** The segment that it carries now. */
  get infoHash(): string | undefined {
    return this.#stream?.infoHash;
  }

  /** Begins a segment; only the side that opened the channel may. */
  begin(infoHash: string): SegmentStream {
    const stream = this.#attach(infoHash);
    this.#told = false;
    if (this.channel.readyState === 'open') this.#open();
    return stream;
  }

  close(): void {
    this.channel.onclose = null;
    this.#closed();
    this.channel.close();
  }

  #open(): void {
    const stream = this.#stream;
    if (stream) queueMicrotask(() => stream.open());
  }

  #send(bytes: Uint8Array): void {
    if (this.channel.readyState !== 'open') return;
    if (!this.#told) this.#told = this.#awaitingEnd = true;
    try {
      this.channel.send(bytes as Uint8Array<ArrayBuffer>);
    } catch {
      // It has just failed, or its queue is full. Others leave in the same turn.
      this.close();
    }
  }

  #attach(infoHash: string): SegmentStream {
    const stream = new SegmentStream(
      this.peerId,
      infoHash,
      {
        send: (bytes) => this.#send(bytes),
        bufferedAmount: () => this.channel.bufferedAmount,
        onDrain: (callback) => {
          this.#drain = callback;
        },
        release: () => this.#release(stream),
      },
      this.gather,
    );
    this.#stream = stream;
    return stream;
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      if (this.free) this.#begun(new Uint8Array(data));
      else this.#stream?.receive(new Uint8Array(data));
    } else if (data !== END) this.close();
    else if (this.#awaitingEnd) {
      this.#awaitingEnd = false;
      if (this.#stream) this.#stream.destroy();
      else this.events.onFree();
    }
  }

  #begun(bytes: Uint8Array): void {
    if (bytes[0] !== HANDSHAKE || bytes.byteLength < INFO_HASH_TO) {
      this.close();
      return;
    }
    const stream = this.#attach(hex(bytes.subarray(INFO_HASH_FROM, INFO_HASH_TO)));
    this.#told = this.#awaitingEnd = true;
    if (!this.events.onBegin(stream)) {
      stream.destroy();
      return;
    }
    queueMicrotask(() => {
      stream.open();
      stream.receive(bytes);
    });
  }

  #release(stream: SegmentStream): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#drain = undefined;
    // Given up before anything was said: the other side has heard of no beginning, so it tells no end.
    if (this.#told && this.channel.readyState === 'open') this.channel.send(END);
    if (!this.#awaitingEnd) this.events.onFree();
  }

  #closed(): void {
    this.#awaitingEnd = false;
    this.#stream?.destroy();
    this.events.onClose();
  }
}

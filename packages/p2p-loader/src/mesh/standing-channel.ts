import { SegmentStream } from './segment-stream.js';
import { type Soon, soon } from './soon.js';

/** Text frame that begins a segment on a channel: this, then the infohash. */
const BEGIN = '+';
/** Text frame that ends it. A channel is free again when both sides have sent it. */
const END = '-';
const LOW_WATER_BYTES = 64 * 1024;
const HASH = /^[0-9a-f]{40}$/;

export interface StandingChannelEvents {
  /** The other side begins a segment. Return false to refuse it. */
  onBegin(stream: SegmentStream): boolean;
  /** Free again, or closed. */
  onFree(): void;
  onClose(): void;
}

/**
 * One RTCDataChannel that carries one segment after another. Opening and closing a channel blocks a busy page's main
 * thread for milliseconds, so it is handed on instead. Its frames are ordered, so the boundaries travel in it, as text
 * frames; the wire protocol is binary frames.
 */
export class StandingChannel {
  #stream: SegmentStream | undefined;
  #awaitingEnd = false;
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
    channel.onopen = () => this.#announce();
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

  /** Begins a segment; only the side that opened the channel may. */
  begin(infoHash: string): SegmentStream {
    const stream = this.#attach(infoHash);
    if (this.channel.readyState === 'open') this.#announce();
    return stream;
  }

  close(): void {
    this.channel.onclose = null;
    this.#closed();
    this.channel.close();
  }

  #announce(): void {
    const stream = this.#stream;
    if (!stream || this.#awaitingEnd) return;
    this.#awaitingEnd = true;
    this.channel.send(BEGIN + stream.infoHash);
    queueMicrotask(() => stream.open());
  }

  #attach(infoHash: string): SegmentStream {
    const stream = new SegmentStream(
      this.peerId,
      infoHash,
      {
        send: (bytes) => {
          if (this.channel.readyState === 'open') this.channel.send(bytes as Uint8Array<ArrayBuffer>);
        },
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
      this.#stream?.receive(new Uint8Array(data));
      return;
    }
    if (data === END) {
      if (!this.#awaitingEnd) return;
      this.#awaitingEnd = false;
      if (this.#stream) this.#stream.destroy();
      else this.events.onFree();
      return;
    }
    const infoHash = data.slice(BEGIN.length);
    if (!data.startsWith(BEGIN) || !HASH.test(infoHash) || this.#stream || this.#awaitingEnd) {
      this.close();
      return;
    }
    const stream = this.#attach(infoHash);
    this.#awaitingEnd = true;
    if (!this.events.onBegin(stream)) stream.destroy();
    else queueMicrotask(() => stream.open());
  }

  #release(stream: SegmentStream): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#drain = undefined;
    if (this.channel.readyState === 'open') this.channel.send(END);
    // Given up before the channel was open: the other side has heard of no beginning, so it tells no end.
    if (!this.#awaitingEnd) this.events.onFree();
  }

  #closed(): void {
    this.#awaitingEnd = false;
    this.#stream?.destroy();
    this.events.onClose();
  }
}

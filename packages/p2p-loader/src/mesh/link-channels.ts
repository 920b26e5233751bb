import { Allowance } from './control-budget.js';
import type { PeerConnection } from './peer-connection.js';
import type { SegmentStream } from './segment-stream.js';
import { StandingChannel } from './standing-channel.js';

/** Most channels open at once on one link, by either side. */
export const MAX_CHANNELS = 8;
/** Channels that the other side may open in all: at once, and a second. An honest viewer keeps those that it has. */
const CHANNELS_AT_ONCE = 32;
const CHANNELS_A_SECOND = 1;
/** Label of the channel for parts. */
const PARTS = 'parts';

/** The channels of one link besides that of the control protocol: those that carry segments, and the one for parts. */
export class LinkChannels {
  /** The channel for parts of Low-Latency HLS, once one of the two sides has opened it. */
  parts: RTCDataChannel | undefined;
  readonly #opened: Allowance;
  readonly #all = new Set<StandingChannel>();
  readonly #own = new Set<StandingChannel>();

  /**
   * @param peerId the other viewer's
   * @param onBegin it begins a segment; returns false to refuse it
   */
  constructor(
    private readonly peerId: string,
    private readonly onBegin: (stream: SegmentStream) => boolean,
    private readonly now: () => number,
  ) {
    this.#opened = new Allowance(CHANNELS_A_SECOND, CHANNELS_AT_ONCE, now());
  }

  /**
   * Begins a segment on a free channel or a new one; undefined when all are busy.
   * @throws InvalidStateError (DOMException) once the connection is closed
   */
  begin(connection: PeerConnection, infoHash: string): SegmentStream | undefined {
    for (const channel of this.#own) if (channel.free) return channel.begin(infoHash);
    if (this.#own.size >= MAX_CHANNELS) return undefined;
    const channel = this.#adopt(connection.createDataChannel('segments'));
    this.#own.add(channel);
    return channel.begin(infoHash);
  }

  openParts(connection: PeerConnection): void {
    this.parts ??= connection.createDataChannel(PARTS);
  }

  /** Takes a channel that the other side has opened. Returns false when it has opened more than anybody may. */
  take(channel: RTCDataChannel): boolean {
    if (!this.#opened.spend(1, this.now())) return false;
    if (channel.label === PARTS) this.parts ??= channel;
    else if (this.#all.size - this.#own.size >= MAX_CHANNELS) channel.close();
    else this.#adopt(channel);
    return true;
  }

  /** Whether a segment is exchanged now. */
  carries(infoHash: string): boolean {
    for (const channel of this.#all) if (channel.infoHash === infoHash) return true;
    return false;
  }

  close(): void {
    for (const channel of [...this.#all]) channel.close();
  }

  #adopt(channel: RTCDataChannel): StandingChannel {
    const standing: StandingChannel = new StandingChannel(channel, this.peerId, {
      onBegin: this.onBegin,
      onFree: () => {},
      onClose: () => {
        this.#all.delete(standing);
        this.#own.delete(standing);
      },
    });
    this.#all.add(standing);
    return standing;
  }
}

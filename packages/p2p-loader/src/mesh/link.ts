import { CONTROL_VERSION, type ControlMessage, encodeControl } from './control.js';
import { ControlReader } from './control-reader.js';
import { LinkChannels } from './link-channels.js';
import { OtherViewer } from './other-viewer.js';
import { Outbox } from './outbox.js';
import { PathWatch } from './path-watch.js';
import { type PeerConnection, type SignalledPeer, takeDataChannels } from './peer-connection.js';
import type { SegmentStream } from './segment-stream.js';

/** Word of a segment that the other side receives from others already waits this long for another message to go out with, ms. */
const SPARE_HAVE_MS = 400;
/** A link that was silent so often in a row, when it was asked for what it said it has, ends. */
export const MAX_SILENCES = 4;

const decoder = new TextDecoder();

export interface LinkEvents {
  /** Both hellos are here: the link is usable. */
  onOpen(link: Link): void;
  onMessage(link: Link, message: ControlMessage): void;
  /** The other side begins a segment. Return false to refuse it. */
  onStream(link: Link, stream: SegmentStream): boolean;
  onClose(link: Link): void;
  /** ms. */
  readonly now: () => number;
}

/** A connection to one other viewer: how it comes up and ends, and the control protocol on it. */
export class Link extends OtherViewer {
  /** Other viewer's peer id. */
  readonly id: string;
  /** Why it was ended, if for a fault: it broke the protocol or sent more than anybody may; it was silent too often. */
  fault: 'abusive' | 'silent' | undefined;
  /** When the link came to be, ms. */
  readonly since: number;
  readonly #reader: ControlReader;
  readonly #channels: LinkChannels;
  readonly #outbox = new Outbox((frame) => this.#sendFrame(frame));
  #connection: PeerConnection | undefined;
  #pathWatch: PathWatch | undefined;
  #helloSent = false;
  #helloReceived = false;
  #closed = false;

  constructor(
    private readonly peer: SignalledPeer,
    private readonly ownId: string,
    private readonly hello: () => { n: number; have: string[]; helper?: boolean; group?: string },
    private readonly events: LinkEvents,
  ) {
    super();
    this.id = peer.id;
    this.since = events.now();
    this.#reader = new ControlReader(events.now);
    this.#channels = new LinkChannels(this.id, (stream) => this.open && events.onStream(this, stream), events.now);
    peer.on('data', (data) => this.#receive(typeof data === 'string' ? data : decoder.decode(data)));
    peer.on('close', () => this.close());
    peer.on('error', () => this.close());
    if (peer.connected) this.#connected();
    else peer.on('connect', () => this.#connected());
  }

  get open(): boolean {
    return this.#helloSent && this.#helloReceived && !this.#closed;
  }

  /** How the connection goes; undefined until the browser has told. To ask for it looks anew where that is due. */
  get path(): RTCIceCandidateType | undefined {
    return this.#pathWatch?.path;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether this side opens the channels: the one with the smaller peer id does. */
  get opens(): boolean {
    return this.ownId < this.id;
  }

  /** Whether the other side made the connection. */
  get isOffered(): boolean {
    return !this.peer.initiator;
  }

  /** Same on both sides: of two connections between the same viewers the one with the smaller key stays. */
  get key(): string {
    return this.peer.channelName;
  }

  /** The channel for parts of Low-Latency HLS, once one of the two sides has opened it. */
  get partChannel(): RTCDataChannel | undefined {
    return this.#channels.parts;
  }

  /** @param wait how long it may wait for other messages to go out with, ms; default: as long as its type lets it */
  send(message: ControlMessage, wait?: number): void {
    if (this.#closed || !this.#helloSent) return;
    this.#outbox.post(message, wait ?? (this.#isSpare(message) ? SPARE_HAVE_MS : undefined));
  }

  /** Begins a segment on a free channel or a new one; undefined when all are busy. */
  begin(infoHash: string): SegmentStream | undefined {
    if (!this.open || !this.#connection) return undefined;
    try {
      return this.#channels.begin(this.#connection, infoHash);
    } catch {
      this.close();
      return undefined;
    }
  }

  openPartChannel(): void {
    if (this.open && this.#connection) this.#channels.openParts(this.#connection);
  }

  /** It was asked for a segment that it said it has, and gave nothing, or stopped. */
  noteSilence(): void {
    this.silences += 1;
    this.silentAt = this.events.now();
    if (this.silences >= MAX_SILENCES) this.#endFor('silent');
  }

  #endFor(fault: 'abusive' | 'silent'): void {
    this.fault = fault;
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    if (this.open) this.send({ t: 'bye' });
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    this.#channels.close();
    this.#pathWatch?.stop();
    this.peer.destroy();
    this.events.onClose(this);
  }

  #sendFrame(frame: string): void {
    try {
      this.peer.send(frame);
    } catch {
      if (!this.#closed) this.#end();
    }
  }

  #connected(): void {
    if (this.#closed) return;
    try {
      this.#connection = takeDataChannels(this.peer, (channel) => {
        if (!this.#channels.take(channel)) this.#endFor('abusive');
      });
      this.peer.send(encodeControl({ t: 'hello', v: CONTROL_VERSION, id: this.ownId, ...this.hello() }));
    } catch {
      this.close();
      return;
    }
    this.#pathWatch = new PathWatch(this.#connection, this.events.now);
    this.#pathWatch.look();
    this.#helloSent = true;
    if (this.#helloReceived) this.events.onOpen(this);
  }

  /** Whether it offers only what comes to the other side from others. */
  #isSpare(message: ControlMessage): boolean {
    if (message.t !== 'have') return false;
    return message.h.every((infoHash) => this.receiving.has(infoHash) && !this.#channels.carries(infoHash));
  }

  #receive(frame: string): void {
    if (this.#closed) return;
    const messages = this.#reader.read(frame);
    for (const message of messages ?? []) this.#take(message);
    if (messages) return;
    this.#endFor('abusive');
  }

  #take(message: ControlMessage): void {
    if (this.#closed) return;
    if (!this.#helloReceived) {
      if (message.t !== 'hello' || message.v !== CONTROL_VERSION || message.id !== this.id) {
        this.close();
        return;
      }
      this.#helloReceived = true;
      this.introduced(message);
      if (this.#helloSent) this.events.onOpen(this);
      return;
    }
    if (message.t === 'bye') {
      this.#end();
      return;
    }
    if (message.t === 'have') this.#outbox.withdraw(message.h);
    this.told(message);
    this.events.onMessage(this, message);
  }
}

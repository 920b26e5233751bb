import { keepNewest } from '../keep-newest.js';
import { CONTROL_VERSION, type ControlMessage, encodeControl, MAX_LINKS } from './control.js';
import { Allowance } from './control-budget.js';
import { ControlReader } from './control-reader.js';
import { Outbox } from './outbox.js';
import { type PeerConnection, type SignalledPeer, takeDataChannels } from './peer-connection.js';
import type { SegmentStream } from './segment-stream.js';
import { StandingChannel } from './standing-channel.js';
import { Throughput } from './throughput.js';

/** Most channels open at once on one link, by either side. */
export const MAX_CHANNELS = 8;
/** Channels that the other side may open in all: at once, and a second. An honest viewer keeps those that it has. */
const CHANNELS_AT_ONCE = 32;
const CHANNELS_A_SECOND = 1;
/** Word of a segment that the other side receives from others already waits this long for another message to go out with, ms. */
const SPARE_HAVE_MS = 400;
/** Most infohashes remembered of what the other side holds. */
const MAX_REMOTE_SEGMENTS = 2048;
/** A link that was silent so often in a row, when it was asked for what it said it has, ends. */
export const MAX_SILENCES = 4;
/** How soon it is looked again how the connection goes after the link has come up, and at most how often later, ms. */
const LOOK_AFTER_MS = [2_000, 8_000];
const LOOK_EVERY_MS = 60_000;
/** Label of the channel for parts. */
const PARTS = 'parts';

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

/** A connection to one other viewer: the control protocol and the channels that carry segments. */
export class Link {
  /** Other viewer's peer id. */
  readonly id: string;
  /** Segments that the other side holds whole. */
  readonly has = new Set<string>();
  /** Segments that it is receiving. */
  readonly receiving = new Set<string>();
  /** Segments that it said it fetches from the origin. */
  readonly fetching = new Set<string>();
  /** Segments that it asked this viewer for: it says nothing of those, since whom it has them from has them. */
  readonly asked = new Set<string>();
  /** It gives in the origin's place. */
  helper = false;
  /** The id of its group. */
  group: string | undefined;
  /** It is of another group than this viewer. */
  outside = false;
  /** Viewers that it is linked to. */
  neighbours: ReadonlySet<string> = new Set();
  /** What its line carries from the origin, as it says, bytes a second; 0: it has not said. */
  lineRate = 0;
  /** How many viewers it knows of. */
  swarmSize = 1;
  readonly throughput = new Throughput();
  downloadedBytes = 0;
  uploadedBytes = 0;
  /** Announcements of it that came to nothing, pieces of it that were bad, and segments that it named and that are none. */
  strikes = 0;
  /** It gave bytes since the last of its announcements that came to nothing. */
  trusted = false;
  badPieces = 0;
  falseHints = 0;
  /** Times in a row that it was asked for a segment which it said it has, and was silent. */
  silences = 0;
  /** When the last one was, ms. */
  silentAt = Number.NEGATIVE_INFINITY;
  /** Why it was ended, if for a fault: it broke the protocol or sent more than anybody may; it was silent too often. */
  fault: 'abusive' | 'silent' | undefined;
  /** When the link came to be, and when it last gave bytes of a segment that were right, ms. */
  readonly since: number;
  gaveAt: number | undefined;
  /** The channel for parts of Low-Latency HLS, once one of the two sides has opened it. */
  partChannel: RTCDataChannel | undefined;
  readonly #reader: ControlReader;
  readonly #opened: Allowance;
  #connection: PeerConnection | undefined;
  #channels = new Set<StandingChannel>();
  #own = new Set<StandingChannel>();
  readonly #outbox = new Outbox((frame) => this.#sendFrame(frame));
  #helloSent = false;
  #helloReceived = false;
  #closed = false;
  #path: RTCIceCandidateType | undefined;
  #looks = 0;
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly peer: SignalledPeer,
    private readonly ownId: string,
    private readonly hello: () => { n: number; have: string[]; helper?: boolean; group?: string },
    private readonly events: LinkEvents,
  ) {
    this.id = peer.id;
    this.since = events.now();
    this.#reader = new ControlReader(events.now);
    this.#opened = new Allowance(CHANNELS_A_SECOND, CHANNELS_AT_ONCE, this.since);
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
    this.#lookAtPath();
    return this.#path;
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

  /** @param wait how long it may wait for other messages to go out with, ms; default: as long as its type lets it */
  send(message: ControlMessage, wait?: number): void {
    if (this.#closed || !this.#helloSent) return;
    this.#outbox.post(message, wait ?? (this.#isSpare(message) ? SPARE_HAVE_MS : undefined));
  }

  /** Begins a segment on a free channel or a new one; undefined when all are busy. */
  begin(infoHash: string): SegmentStream | undefined {
    if (!this.open || !this.#connection) return undefined;
    for (const channel of this.#own) if (channel.free) return channel.begin(infoHash);
    if (this.#own.size >= MAX_CHANNELS) return undefined;
    try {
      const channel = this.#adopt(this.#connection.createDataChannel('segments'));
      this.#own.add(channel);
      return channel.begin(infoHash);
    } catch {
      this.close();
      return undefined;
    }
  }

  openPartChannel(): void {
    if (this.open) this.partChannel ??= this.#connection?.createDataChannel(PARTS);
  }

  remember(set: Set<string>, infoHash: string): void {
    set.add(infoHash);
    keepNewest(set, MAX_REMOTE_SEGMENTS);
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
    for (const channel of [...this.#channels]) channel.close();
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
        if (!this.#opened.spend(1, this.events.now())) this.#endFor('abusive');
        else if (channel.label === PARTS) this.partChannel ??= channel;
        else if (this.#channels.size - this.#own.size >= MAX_CHANNELS) channel.close();
        else this.#adopt(channel);
      });
      this.peer.send(encodeControl({ t: 'hello', v: CONTROL_VERSION, id: this.ownId, ...this.hello() }));
    } catch {
      this.close();
      return;
    }
    this.#lookAtPath();
    this.#helloSent = true;
    if (this.#helloReceived) this.events.onOpen(this);
  }

  /** A browser may go over to a better path, mostly within seconds. */
  #lookAtPath(): void {
    const now = this.events.now();
    if (now < this.#lookAt || !this.#connection || this.#closed) return;
    this.#lookAt = now + (LOOK_AFTER_MS[this.#looks++] ?? LOOK_EVERY_MS);
    this.#connection.path().then((path) => {
      this.#path = path ?? this.#path;
    });
  }

  #adopt(channel: RTCDataChannel): StandingChannel {
    const standing: StandingChannel = new StandingChannel(channel, this.id, {
      onBegin: (stream) => this.open && this.events.onStream(this, stream),
      onFree: () => {},
      onClose: () => {
        this.#channels.delete(standing);
        this.#own.delete(standing);
      },
    });
    this.#channels.add(standing);
    return standing;
  }

  /** Whether it offers only what comes to the other side from others. */
  #isSpare(message: ControlMessage): boolean {
    if (message.t !== 'have') return false;
    return message.h.every((infoHash) => this.receiving.has(infoHash) && !this.#carries(infoHash));
  }

  #carries(infoHash: string): boolean {
    for (const channel of this.#channels) if (channel.infoHash === infoHash) return true;
    return false;
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
      this.swarmSize = message.n;
      this.helper = message.helper ?? false;
      this.group = message.group;
      for (const hash of message.have) this.remember(this.has, hash);
      if (this.#helloSent) this.events.onOpen(this);
      return;
    }
    if (message.t === 'bye') {
      this.#end();
      return;
    }
    if (message.t === 'have') {
      this.#outbox.withdraw(message.h);
      for (const hash of message.h) {
        this.remember(this.has, hash);
        this.receiving.delete(hash);
      }
    } else if (message.t === 'part') this.remember(this.receiving, message.h);
    else if (message.t === 'lost') {
      for (const hash of message.h) {
        this.has.delete(hash);
        this.receiving.delete(hash);
      }
    } else if (message.t === 'line') this.lineRate = message.r;
    else if (message.t === 'links') this.neighbours = new Set(message.p.slice(0, MAX_LINKS));
    this.events.onMessage(this, message);
  }
}

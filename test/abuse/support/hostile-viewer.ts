import { parseInfo } from '@live-torrent/manifest-magnetizer/info';
import WebSocket from 'ws';
import type { ControlMessage } from '../../../packages/p2p-loader/src/mesh/control.js';
import { Discovery } from '../../../packages/p2p-loader/src/mesh/discovery.js';
import { randomId } from '../../../packages/p2p-loader/src/mesh/hex.js';
import { Link } from '../../../packages/p2p-loader/src/mesh/link.js';
import type { SignalledPeer } from '../../../packages/p2p-loader/src/mesh/peer-connection.js';
import type { SegmentStream } from '../../../packages/p2p-loader/src/mesh/segment-stream.js';
import { Wire } from '../../../packages/p2p-loader/src/vendor/bittorrent-protocol.js';
import type { Behaviour, Word } from './behaviours.js';

/** A segment of the stream, which a hostile viewer has from the origin like everybody else. */
export interface KnownSegment {
  readonly infoHash: string;
  readonly bytes: Uint8Array;
  readonly info: Uint8Array;
}

/** Where it is hostile. */
export interface Victims {
  /** The mesh, 40 hex digits. */
  readonly stream: string;
  /** A tracker's URL that nobody else in this process uses. */
  announce(): string;
  /** The segments that the playlist lists now, oldest first. */
  readonly listed: readonly KnownSegment[];
  /** Those that it ever listed. */
  readonly all: readonly KnownSegment[];
}

/** How often it looks for new segments, ms. */
const LOOK_EVERY = 50;
/** A little less than the patience of honest viewers with segments of 2 s, ms. */
const JUST_IN_TIME = 700;

/** A viewer that speaks the real protocol and means no good. */
export class HostileViewer {
  /** How many links came to be, and ended. */
  opened = 0;
  closed = 0;
  /** Blocks that were asked of it. */
  asked = 0;
  readonly #members: Member[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly behaviour: Behaviour,
    private readonly victims: Victims,
  ) {}

  start(): void {
    const { ids = 1, renewed } = this.behaviour;
    const come = (): void => {
      for (const member of this.#members.splice(0)) member.stop();
      for (let i = 0; i < ids; i++) this.#members.push(new Member(this.behaviour, this.victims, this));
    };
    come();
    if (renewed) this.#timer = setInterval(come, renewed);
  }

  /** Links that are open to it: the end of one may not reach it. */
  get links(): number {
    return this.#members.reduce((sum, { links }) => sum + links.size, 0);
  }

  /** Peer ids that it goes by now. */
  get ids(): string[] {
    return this.#members.map(({ id }) => id);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const member of this.#members.splice(0)) member.stop();
  }
}

/** One of its ids. */
class Member {
  readonly id = randomId();
  readonly links = new Map<Link, SignalledPeer>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #discovery: Discovery;
  readonly #told = new Set<string>();
  /** Those that are not open yet, too. */
  readonly #made = new Set<Link>();
  #socket: WebSocket | undefined;
  #stopped = false;

  constructor(
    private readonly behaviour: Behaviour,
    private readonly victims: Victims,
    private readonly count: HostileViewer,
  ) {
    this.#discovery = new Discovery({
      infoHash: victims.stream,
      peerId: this.id,
      announce: [victims.announce()],
      iceServers: [],
      random: Math.random,
      wanted: () => 5,
      now: () => performance.now(),
      isLinked: () => false,
      welcomes: () => true,
      onPeer: (peer) => this.#meet(peer),
      onSwarmSize: () => {},
      onWarning: () => {},
      onUnable: () => {},
      onLocalNetwork: () => {},
    });
    this.#every(LOOK_EVERY, () => this.#look());
    if (behaviour.frames) this.#flood(behaviour.frames);
    if (behaviour.channels) this.#openChannels(behaviour.channels);
    if (behaviour.offers) this.#offer(behaviour.offers);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#discovery.stop();
    this.#socket?.terminate();
    for (const link of [...this.#made]) link.close();
  }

  #every(ms: number, task: () => void): void {
    this.#timers.push(setInterval(task, ms));
  }

  #meet(peer: SignalledPeer): void {
    if (this.#stopped) return void peer.destroy();
    const made = new Link(peer, this.id, () => ({ n: 2, have: [] }), {
      onOpen: (link) => {
        this.count.opened += 1;
        this.links.set(link, peer);
        for (const infoHash of this.#told) this.#say(link, infoHash);
      },
      onMessage: (link, message) => this.#receive(link, message),
      onStream: (_link, stream) => this.#serve(stream),
      now: () => performance.now(),
      onClose: (link) => {
        this.#made.delete(link);
        if (this.links.delete(link)) this.count.closed += 1;
      },
    });
    if (!made.closed) this.#made.add(made);
  }

  #look(): void {
    for (const { infoHash } of this.victims.listed) {
      if (this.#told.has(infoHash)) continue;
      this.#told.add(infoHash);
      for (const link of this.links.keys()) this.#say(link, infoHash);
    }
  }

  #say(link: Link, h: string): void {
    for (const word of this.behaviour.says ?? ['have'])
      for (const message of this.#words(link, word, h)) link.send(message, 0);
  }

  #words(link: Link, word: Word, h: string): ControlMessage[] {
    switch (word) {
      case 'have':
        return [{ t: 'have', h: [h] }];
      case 'part':
        return [{ t: 'part', h }];
      case 'fetching':
        return [{ t: 'fetching', h, f: this.id, a: 0 }];
      case 'strangers fetch':
        return Array.from({ length: 8 }, () => ({ t: 'fetching', h, f: randomId(), a: 1 }));
      case 'others fetch':
        return [...link.neighbours].map((f) => ({ t: 'fetching', h, f, a: 1 }));
      case 'next':
        return [{ t: 'new', h: randomId(), l: 200_000, i: this.#info(h, 'wrong'), after: h }];
      case 'replay':
        return this.victims.all.slice(0, 20).map((old) => ({ t: 'have', h: [old.infoHash] }));
    }
  }

  #info(h: string, kind: 'wrong' | 'huge'): string {
    const info = this.victims.all.find(({ infoHash }) => infoHash === h)?.info ?? new Uint8Array();
    if (kind === 'huge') return Buffer.alloc(45_000, 'x').toString('base64url');
    return Buffer.from(Buffer.from(info).toString('latin1').replace('65536', '16384'), 'latin1').toString('base64url');
  }

  #receive(link: Link, message: ControlMessage): void {
    const { answers = 'begin', info, takes } = this.behaviour;
    if (takes && (message.t === 'have' || message.t === 'part')) {
      for (const infoHash of [message.h].flat()) this.#take(link, infoHash);
    }
    if (message.t !== 'want') return;
    if (message.i) {
      if (info) link.send({ t: 'info', h: message.h, i: this.#info(message.h, info) });
    } else if (answers === 'no') link.send({ t: 'no', h: message.h });
    else if (answers === 'begin') this.#serve(link.begin(message.h));
  }

  #take(link: Link, infoHash: string): void {
    if (link.opens) this.#serve(link.begin(infoHash), true);
    else link.send({ t: 'want', h: infoHash }, 0);
  }

  #serve(stream: SegmentStream | undefined, takes = this.behaviour.takes ?? false): boolean {
    const segment = this.victims.all.find(({ infoHash }) => infoHash === stream?.infoHash);
    if (!stream || !segment || this.behaviour.answers === 'nothing') return false;
    const { gives = 'right', chokes = false } = this.behaviour;
    const parsed = parseInfo(segment.info);
    const pieceLength = parsed?.pieceLength ?? 65_536;
    const pieces = Math.ceil(segment.bytes.byteLength / pieceLength);
    const wire = new Wire('hostile');
    const pipes = stream as unknown as { pipe(to: unknown): { pipe(to: unknown): unknown } };
    pipes.pipe(wire).pipe(stream);
    stream.on('error', () => {});
    wire.on('close', () => {});
    wire.on('handshake', () => {
      wire.bitfield(new Uint8Array(Math.ceil(pieces / 8)).fill(takes ? 0 : 0xff));
      if (!chokes) wire.unchoke();
    });
    stream.on('connect', () => wire.handshake(segment.infoHash, this.id));
    if (stream.connected) wire.handshake(segment.infoHash, this.id);
    if (takes) {
      const interested = wire as unknown as { interested(): void };
      wire.on('unchoke', () => {
        for (let i = 0; i < 1_000; i++) wire.request(i % pieces, 0, 16_384, () => {});
      });
      interested.interested();
    }
    let due = 0;
    wire.on('request', (index, offset, length, respond) => {
      this.count.asked += 1;
      const at = index * pieceLength + offset;
      const block = segment.bytes.slice(at, at + length);
      const corrupt = (): void => {
        block[0] = (block[0] ?? 0) ^ 0xff;
        respond(null, block);
      };
      if (gives === 'wrong' || (gives === 'last wrong' && index === pieces - 1)) corrupt();
      else if (gives === 'one in fifty wrong' && Math.random() < 1 / 50) corrupt();
      else if (gives === 'right' || gives === 'last wrong' || gives === 'one in fifty wrong') respond(null, block);
      else if (gives === 'half' && index < pieces / 2) respond(null, block);
      else if (gives === 'just in time') {
        due = Math.max(due, performance.now()) + JUST_IN_TIME;
        setTimeout(() => respond(null, block), due - performance.now());
      } else if (gives === 'drip') drip(stream, index, offset, block);
    });
    return true;
  }

  #flood({ rate, make }: NonNullable<Behaviour['frames']>): void {
    const heard = { listed: [] as string[] };
    let n = 0;
    this.#every(10, () => {
      heard.listed = this.victims.listed.map(({ infoHash }) => infoHash);
      for (let i = 0; i < Math.max(1, rate / 100) && (rate >= 100 || n % (100 / rate) < 1); i++) {
        for (const [link, peer] of this.links) if (link.open) send(peer, make(n, heard));
        n += 1;
      }
      if (rate < 100) n += 1;
    });
  }

  #openChannels(rate: number): void {
    this.#every(100, () => {
      for (const peer of this.links.values()) {
        const { _pc: connection } = peer as unknown as { _pc: RTCPeerConnection | null };
        try {
          const channels = Array.from({ length: rate / 10 }, () => connection?.createDataChannel('segments'));
          setTimeout(() => {
            for (const channel of channels) channel?.close();
          }, 90);
        } catch {
          // The other side has ended it.
        }
      }
    });
  }

  #offer({ rate, sdp }: NonNullable<Behaviour['offers']>): void {
    const binary = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
    const id = randomId();
    this.#socket = new WebSocket(this.victims.announce());
    this.#socket.on('error', () => {});
    this.#every(1000 / rate, () => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return;
      const offers = Array.from({ length: Math.min(10, Math.floor(200_000 / sdp.length)) }, () => ({
        offer: { type: 'offer', sdp },
        offer_id: binary(randomId()),
      }));
      this.#socket.send(
        JSON.stringify({
          action: 'announce',
          info_hash: binary(this.victims.stream),
          peer_id: binary(id),
          numwant: 10,
          offers,
        }),
      );
    });
  }
}

function send(peer: SignalledPeer, frame: string | Uint8Array): void {
  try {
    (peer as { send(data: string | Uint8Array): void }).send(frame);
  } catch {
    // The other side has ended it.
  }
}

/** 100 bytes of a block each 100 ms. */
function drip(stream: SegmentStream, index: number, offset: number, block: Uint8Array): void {
  const message = Buffer.alloc(13 + block.byteLength);
  message.writeUInt32BE(9 + block.byteLength);
  message[4] = 7;
  message.writeUInt32BE(index, 5);
  message.writeUInt32BE(offset, 9);
  message.set(block, 13);
  let at = 0;
  const timer = setInterval(() => {
    if (stream.destroyed || at >= message.byteLength) return clearInterval(timer);
    (stream as unknown as { write(bytes: Uint8Array): boolean }).write(message.subarray(at, at + 100));
    at += 100;
  }, 100);
}

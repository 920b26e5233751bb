import type { SegmentInfo } from '@live-torrent/manifest-magnetizer/info';
import type { Upload } from '../manners/upload-gate.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import type { Pieces, Run } from '../origin/origin-runs.js';
import type { Debt } from '../schedule/pace.js';
import type { Wire } from '../vendor/bittorrent-protocol.js';
import type { Torrent, WebTorrent } from '../vendor/webtorrent.js';
import { OriginConnection } from './origin-connection.js';
import { SegmentContent } from './segment-content.js';
import { SegmentStore } from './segment-store.js';
import { beTerse } from './terse-wire.js';
import { WireDebt } from './wire-debt.js';
import { withhold } from './withheld-pieces.js';

/** Upload slots: more than a segment ever has sessions, so that nobody is choked. */
const UPLOAD_SLOTS = 64;
const DEFAULT_PATIENCE_MS = 2_000;
const ORIGIN = '';

/** The bencoded info dictionary and what it says. */
export type SegmentTorrentInfo = { readonly encoded: Uint8Array; readonly parsed: SegmentInfo };

export interface SegmentTorrentEvents {
  /** A piece was verified; `shares` are its bytes by sender's peer id, the empty id being the origin. */
  onPiece(index: number, shares: ReadonlyMap<string, number>): void;
  /** A piece failed verification; `senders` are those whose blocks were in it. */
  onBadPiece(index: number, senders: readonly string[]): void;
  /** A block arrived from a viewer, unverified. */
  onBlock(peerId: string, bytes: number): void;
  /** A viewer gave `bytes` in `ms` of being asked for some; 0 bytes: it was left with something owed. */
  onServed(peerId: string, bytes: number, ms: number): void;
  onUpload(peerId: string, bytes: number): void;
  onDone(): void;
}

/** A viewer that the segment is exchanged with. */
export interface SegmentGiver extends Debt {
  /** Asks it for nothing more: what it owes, others are asked for. It is given to as before. */
  leave(): void;
}

export interface SegmentTorrentSettings {
  /** Default: everything is given, at once. */
  readonly upload?: Upload | undefined;
  /** A viewer that answers no request for this long is dropped, ms. Default 2 s. */
  readonly patience?: number;
  readonly now?: () => number;
}

/** One segment as a webtorrent torrent in memory, without tracker or DHT: peers come from the mesh. */
export class SegmentTorrent {
  readonly content: SegmentContent;
  readonly #torrent: Torrent;
  readonly #blocks = new Map<number, Map<string, number>>();
  readonly #verified = new Set<number>();
  readonly #debts = new Map<string, WireDebt>();
  /** Viewers that are asked for nothing more. */
  readonly #left = new Set<string>();
  #origin: OriginConnection | undefined;
  /** The first piece that the origin has not sent all of. */
  #next = 0;
  /** What the origin gave before webtorrent had read the info dictionary, by where it begins. */
  readonly #early = new Map<number, { readonly buffer: Uint8Array; readonly run: Run }>();
  #hasInfoHash = false;
  readonly #waiting: SegmentStream[] = [];

  constructor(
    client: WebTorrent,
    info: SegmentTorrentInfo,
    private readonly events: SegmentTorrentEvents,
    /** The whole segment, verified, to seed. */
    complete?: SegmentContent,
    settings: SegmentTorrentSettings = {},
  ) {
    const { upload, patience = DEFAULT_PATIENCE_MS, now = () => performance.now() } = settings;
    const { parsed } = info;
    this.content = complete ?? new SegmentContent(parsed.pieceLength, parsed.length);
    const store = new SegmentStore(this.content, upload);
    if (complete) for (let index = 0; index < parsed.pieces.length / 20; index++) this.#verified.add(index);
    this.#torrent = client.add(torrentFile(info.encoded), {
      store: function preallocated() {
        return store;
      },
      storeCacheSlots: 0,
      strategy: 'rarest',
      skipVerify: complete !== undefined,
      uploads: UPLOAD_SLOTS,
      alwaysChokeSeeders: false,
      announce: [],
      destroyStoreOnDestroy: true,
    });
    this.#torrent.on('infoHash', () => {
      this.#hasInfoHash = true;
      for (const stream of this.#waiting.splice(0)) this.addStream(stream);
      for (const { buffer, run } of this.#early.values()) this.offerFromOrigin(buffer, run);
      this.#early.clear();
    });
    this.#torrent.on('error', () => {});
    this.#torrent.on('wire', (wire) => {
      const sender = wire.type === 'webSeed' ? ORIGIN : (wire.peerId ?? ORIGIN);
      // Its first request of a new wire is one block of the last piece, to see whether the peer is any good.
      wire.downloaded ||= 1;
      if (sender !== ORIGIN) {
        const unchoke = wire.unchoke.bind(wire);
        wire.unchoke = () => {
          if (upload?.open ?? true) unchoke();
        };
        beTerse(wire);
        withhold(wire, (index) => this.#left.has(sender) || this.#originGives(index));
        const debt = new WireDebt(wire, now, patience, (bytes, ms) => events.onServed(sender, bytes, ms));
        this.#debts.set(sender, debt);
        wire.on('close', () => {
          if (this.#debts.get(sender) === debt) this.#debts.delete(sender);
        });
      }
      wire.on('piece', (index, _offset, block) => this.#block(index, sender, block.byteLength));
      wire.on('upload', (bytes) => {
        if (sender !== ORIGIN) events.onUpload(sender, bytes);
      });
    });
    this.#torrent.on('warning', (warning) => {
      const index = Number(/^Piece (\d+) failed verification$/.exec(warning.message)?.[1] ?? Number.NaN);
      if (Number.isNaN(index)) return;
      const senders = [...(this.#blocks.get(index)?.keys() ?? [])];
      this.#blocks.delete(index);
      events.onBadPiece(index, senders);
    });
    this.#torrent.on('verified', (index) => {
      if (this.#verified.has(index)) return;
      this.#verified.add(index);
      const shares = this.#blocks.get(index) ?? new Map();
      this.#blocks.delete(index);
      events.onPiece(index, shares);
      if (this.#origin && !shares.has(ORIGIN)) this.#lookAnew();
    });
    this.#torrent.on('done', () => {
      if (complete === undefined) events.onDone();
    });
  }

  get destroyed(): boolean {
    return this.#torrent.destroyed;
  }

  get pieceLength(): number {
    return this.content.pieceLength;
  }

  /** Verified pieces. */
  get verifiedPieces(): ReadonlySet<number> {
    return this.#verified;
  }

  /** What of it is here, and what viewers were asked for and have not sent all of. */
  get pieces(): Pieces {
    const asked = this.#viewers.flatMap(({ requests }) => requests.map(({ piece }) => piece));
    return { pieceLength: this.pieceLength, verified: this.#verified, asked: new Set(asked) };
  }

  /** Bytes verified so far. */
  get verifiedBytes(): number {
    let bytes = 0;
    for (const index of this.#verified) bytes += this.content.lengthOf(index);
    return bytes;
  }

  /** What a viewer owes, and whether it has a missing piece that no other viewer has and the origin will not send. */
  giver(peerId: string): SegmentGiver {
    const isAlone = (): boolean => this.#isAlone(peerId);
    return {
      owed: this.#debts.get(peerId)?.bytes ?? 0,
      // Only asked of those who owe much: it takes a look at all pieces.
      get alone() {
        return isAlone();
      },
      leave: () => this.#leave(peerId),
    };
  }

  addStream(stream: SegmentStream): void {
    if (this.#torrent.destroyed) stream.destroy();
    else if (this.#hasInfoHash) this.#torrent.addPeer(stream);
    else this.#waiting.push(stream);
  }

  /** Bytes of the origin's answer are in `buffer`, which is the same each time: takes the pieces that are whole in it. */
  offerFromOrigin(buffer: Uint8Array, run: Run): void {
    if (this.#torrent.destroyed) return;
    if (!this.#hasInfoHash) {
      this.#early.set(run.from, { buffer, run });
      return;
    }
    if (!this.#origin) {
      this.#origin = new OriginConnection(buffer, this.pieceLength);
      this.#torrent.addWebSeed(this.#origin);
    }
    const end = (run.to >= buffer.byteLength ? Math.ceil : Math.floor)(run.to / this.pieceLength);
    this.#next = end;
    for (let index = Math.ceil(run.from / this.pieceLength); index < end; index++) {
      if (this.#verified.has(index)) continue;
      this.#origin.offer(index);
      // Taken back of viewers: webtorrent would hold on to what it asked them for.
      for (const wire of this.#viewers) takeBack(wire, (piece) => piece === index);
    }
  }

  /** The origin's answer ended: what was not taken from it comes from elsewhere. */
  removeOrigin(): void {
    this.#early.clear();
    if (!this.#origin) return;
    const { connId } = this.#origin;
    this.#origin = undefined;
    if (this.#torrent.destroyed) return;
    this.#torrent.removePeer(connId);
    this.#lookAnew();
  }

  removeStream(stream: SegmentStream): void {
    if (!this.#torrent.destroyed) this.#torrent.removePeer(stream.id);
    stream.destroy();
  }

  /** Gives nothing more to those who are connected. */
  choke(): void {
    for (const wire of this.#viewers) wire.choke();
  }

  destroy(): void {
    for (const stream of this.#waiting.splice(0)) stream.destroy();
    this.removeOrigin();
    if (!this.#torrent.destroyed) this.#torrent.destroy({ destroyStore: true });
  }

  #isAlone(peerId: string): boolean {
    const viewers = this.#viewers;
    for (let index = 0; index < this.#pieces; index++) {
      if (this.#verified.has(index)) continue;
      const holders = viewers.filter(({ peerPieces }) => peerPieces.get(index));
      if (holders.length > 0 && holders.every((wire) => wire.peerId === peerId)) return true;
    }
    return false;
  }

  #leave(peerId: string): void {
    this.#left.add(peerId);
    for (const wire of this.#viewers) if (wire.peerId === peerId) takeBack(wire, () => true);
  }

  /** Pieces that were left to the origin may be asked of viewers now: webtorrent shall see that. */
  #lookAnew(): void {
    if (this.#torrent.ready && !this.#torrent.done) this.#torrent.select(0, this.#pieces - 1, 0);
  }

  /** Wires to other viewers. */
  get #viewers(): Wire[] {
    return this.#torrent.wires.filter(({ type }) => type !== 'webSeed');
  }

  get #pieces(): number {
    return Math.ceil(this.content.length / this.pieceLength);
  }

  #originGives(index: number): boolean {
    return this.#origin !== undefined && (this.#origin.offers(index) || this.#comes(index));
  }

  /**
   * Whether the origin will have sent a piece before viewers are through with what is behind it: it goes on from the front, so
   * they bring the last half of what is missing, and the link carries nothing twice.
   */
  #comes(index: number): boolean {
    let last = this.#pieces - 1;
    while (this.#verified.has(last)) last -= 1;
    return index >= this.#next && 2 * index < this.#next + last;
  }

  #block(index: number, sender: string, bytes: number): void {
    if (this.#verified.has(index)) return;
    const shares = this.#blocks.get(index) ?? new Map<string, number>();
    this.#blocks.set(index, shares);
    shares.set(sender, (shares.get(sender) ?? 0) + bytes);
    if (sender !== ORIGIN) this.events.onBlock(sender, bytes);
  }
}

/** Takes back the blocks that a viewer was asked for of some pieces. */
function takeBack(wire: Wire, of: (piece: number) => boolean): void {
  for (const { piece, offset, length } of [...wire.requests]) if (of(piece)) wire.cancel(piece, offset, length);
}

/** A .torrent file (BEP 3) that names no tracker. */
function torrentFile(info: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode('d4:info');
  const file = new Uint8Array(head.byteLength + info.byteLength + 1);
  file.set(head);
  file.set(info, head.byteLength);
  file[file.byteLength - 1] = 'e'.charCodeAt(0);
  return file;
}

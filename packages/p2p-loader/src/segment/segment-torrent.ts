import type { SegmentInfo } from '@live-torrent/manifest-magnetizer/info';
import type { Upload } from '../manners/upload-gate.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import type { Pieces, Run } from '../origin/origin-runs.js';
import type { Wire } from '../vendor/bittorrent-protocol.js';
import type { Torrent, WebTorrent } from '../vendor/webtorrent.js';
import { BlockShares } from './block-shares.js';
import { OriginPieces } from './origin-pieces.js';
import { SegmentContent } from './segment-content.js';
import { SegmentStore } from './segment-store.js';
import { MAX_SILENCE_MS } from './silence.js';
import { torrentFile } from './torrent-file.js';
import { isOrigins, ViewerWires } from './viewer-wires.js';

/** Upload slots: more than a segment ever has sessions, so that nobody is choked. */
const UPLOAD_SLOTS = 64;
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

export interface SegmentTorrentSettings {
  /** Default: everything is given, at once. */
  readonly upload?: Upload | undefined;
  /** A viewer that answers no request for this long is dropped, ms. Default 2 s. */
  readonly patience?: number;
  readonly now?: () => number;
  /** Whether the viewer's link takes long for it. Default: no. */
  readonly isNarrow?: () => boolean;
}

/**
 * One segment as a webtorrent torrent in memory, without tracker or DHT: peers come from the mesh, and what the origin sends is
 * offered to it.
 */
export class SegmentTorrent {
  readonly content: SegmentContent;
  readonly #torrent: Torrent;
  readonly #shares = new BlockShares();
  readonly #verified: Set<number>;
  readonly viewers: ViewerWires;
  readonly #origin: OriginPieces;
  readonly #isNarrow: () => boolean;
  /** webtorrent has read the info dictionary. Until then streams wait, and what the origin gave, by where it begins. */
  #hasInfoHash = false;
  readonly #waiting: SegmentStream[] = [];
  readonly #early = new Map<number, { readonly buffer: Uint8Array; readonly run: Run }>();

  constructor(
    client: WebTorrent,
    info: SegmentTorrentInfo,
    private readonly events: SegmentTorrentEvents,
    /** The whole segment, verified, to seed. */
    complete?: SegmentContent,
    settings: SegmentTorrentSettings = {},
  ) {
    const { upload, patience = MAX_SILENCE_MS, now = () => performance.now(), isNarrow = () => false } = settings;
    const { pieceLength, length } = info.parsed;
    const content = complete ?? new SegmentContent(pieceLength, length);
    const verified = new Set(complete && Array.from({ length: content.count }, (_, index) => index));
    const store = new SegmentStore(content, upload);
    const torrent = client.add(torrentFile(info.encoded), {
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
    const origin = new OriginPieces(torrent, content, verified);
    this.content = content;
    this.viewers = new ViewerWires({
      torrent,
      content,
      verified,
      origin,
      upload,
      now,
      patience,
      onServed: events.onServed,
    });
    this.#verified = verified;
    this.#isNarrow = isNarrow;
    this.#torrent = torrent;
    this.#origin = origin;
    torrent.on('infoHash', () => this.#begin());
    torrent.on('error', () => {});
    torrent.on('wire', (wire) => this.#follow(wire));
    torrent.on('warning', ({ message }) => {
      const index = /^Piece (\d+) failed verification$/.exec(message)?.[1];
      if (index) events.onBadPiece(Number(index), [...this.#shares.take(Number(index)).keys()]);
    });
    torrent.on('verified', (index) => this.#verify(index));
    torrent.on('done', () => {
      if (complete === undefined) events.onDone();
    });
  }

  /** Verified pieces. */
  get verifiedPieces(): ReadonlySet<number> {
    return this.#verified;
  }

  /** What of it is here, and what viewers were asked for and have not sent all of. */
  get pieces(): Pieces {
    return { pieceLength: this.content.pieceLength, verified: this.#verified, asked: this.viewers.asked };
  }

  /** Bytes verified so far. */
  get verifiedBytes(): number {
    let bytes = 0;
    for (const index of this.#verified) bytes += this.content.lengthOf(index);
    return bytes;
  }

  /** Whether viewers have brought what the origin's answer brings next. */
  get originIsBehind(): boolean {
    return this.#origin.isBehind;
  }

  addStream(stream: SegmentStream): void {
    if (this.#torrent.destroyed) stream.destroy();
    else if (this.#hasInfoHash) this.#torrent.addPeer(stream);
    else this.#waiting.push(stream);
  }

  removeStream(stream: SegmentStream): void {
    if (!this.#torrent.destroyed) this.#torrent.removePeer(stream.id);
    stream.destroy();
  }

  /** Bytes of the origin's answer are in `buffer`, which is the same each time: takes the pieces that are whole in it. */
  offerFromOrigin(buffer: Uint8Array, run: Run): void {
    if (this.#torrent.destroyed) return;
    if (this.#hasInfoHash) this.viewers.takeBack(this.#origin.offer(buffer, run));
    else this.#early.set(run.from, { buffer, run });
  }

  /** The origin's answer ended: what was not taken from it comes from elsewhere. */
  removeOrigin(): void {
    this.#early.clear();
    if (this.#origin.end()) this.#lookAnew();
  }

  destroy(): void {
    for (const stream of this.#waiting.splice(0)) stream.destroy();
    this.removeOrigin();
    this.viewers.close();
    if (!this.#torrent.destroyed) this.#torrent.destroy({ destroyStore: true });
  }

  #begin(): void {
    this.#hasInfoHash = true;
    for (const stream of this.#waiting.splice(0)) this.addStream(stream);
    for (const { buffer, run } of this.#early.values()) this.offerFromOrigin(buffer, run);
    this.#early.clear();
  }

  /** A wire opened. */
  #follow(wire: Wire): void {
    const sender = isOrigins(wire) ? ORIGIN : (wire.peerId ?? ORIGIN);
    // Its first request of a new wire is one block of the last piece, to see whether the peer is any good.
    wire.downloaded ||= 1;
    if (sender !== ORIGIN) {
      this.viewers.add(wire, sender);
      wire.on('upload', (bytes) => this.events.onUpload(sender, bytes));
    }
    wire.on('piece', (index, _offset, { byteLength }) => {
      if (this.#verified.has(index)) return;
      this.#shares.add(index, sender, byteLength);
      if (sender !== ORIGIN) this.events.onBlock(sender, byteLength);
    });
  }

  #verify(index: number): void {
    if (this.#verified.has(index)) return;
    this.#verified.add(index);
    const shares = this.#shares.take(index);
    if (shares.has(ORIGIN) && this.#isNarrow()) this.viewers.tellOneByOne(index);
    this.#origin.came(index, shares.has(ORIGIN));
    this.events.onPiece(index, shares);
    if (this.#origin.sends && !shares.has(ORIGIN)) this.#lookAnew();
  }

  /** Pieces that were left to the origin may be asked of viewers now: webtorrent shall see that. */
  #lookAnew(): void {
    const { ready, done } = this.#torrent;
    if (ready && !done) this.#torrent.select(0, this.content.count - 1, 0);
  }
}

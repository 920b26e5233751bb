import { createInfo, parseInfo } from '@live-torrent/manifest-magnetizer/info';
import type { Upload } from '../manners/upload-gate.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import { OriginError } from '../origin/origin-fetch.js';
import type { RangeHosts, Run } from '../origin/origin-runs.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { OriginRequestOf, SegmentProgress } from '../segment-source.js';
import { LinkRate, type Told } from './link-rate.js';
import { SegmentContent } from './segment-content.js';
import type { SegmentTorrent, SegmentTorrentInfo } from './segment-torrent.js';
import { stallBound } from './silence.js';
import { SourceFetch } from './source-fetch.js';
import type { Torrents } from './torrents.js';
import { TransferTimes } from './transfer-times.js';
import type { SegmentGiver } from './viewer-wires.js';

export interface SegmentEnvironment {
  /** Undefined until it is loaded: what comes from the origin until then is verified as a whole. */
  readonly torrents: () => Pick<Torrents, 'create'> | undefined;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly originRequest: OriginRequestOf;
  readonly hosts: RangeHosts;
  readonly random: () => number;
  /** Default: everything is given, at once. */
  readonly upload?: Upload;
  /** What the viewer's link carries, of all segments. Default: of this one alone. */
  readonly link?: LinkRate;
  /** Whether a viewer is a helper. Default: none is. */
  readonly isHelper?: (peerId: string) => boolean;
  /** Whether that takes long for so many bytes. Default: no. */
  readonly isNarrow?: (bytes: number) => boolean;
  /** The player that is told of a segment which lasts so many ms. Default: its own times are told. */
  readonly told?: (duration: number) => Told;
}

export interface SegmentEvents {
  /** A piece was verified, or a part of the origin's answer arrived. */
  onProgress(segment: Segment): void;
  /** All of it is here and verified. */
  onComplete(segment: Segment): void;
  /** The origin did not give it. */
  onOriginFailed(segment: Segment, error: OriginError): void;
  onPieceBytes(segment: Segment, sender: string, bytes: number): void;
  /** The origin is asked no more, since viewers were faster. */
  onOriginLeft(segment: Segment): void;
  onBlock(segment: Segment, peerId: string, bytes: number): void;
  /** See SegmentTorrentEvents. */
  onServed(peerId: string, bytes: number, ms: number): void;
  onBadPiece(segment: Segment, senders: readonly string[]): void;
  onUpload(segment: Segment, peerId: string, bytes: number): void;
}

/** One segment: its torrent, what is asked of the origin, and what came from where. */
export class Segment {
  peerBytes = 0;
  helperBytes = 0;
  originBytes = 0;
  contentType: string | undefined;
  duration = 0;
  /** All of it, verified; undefined before it is complete. */
  bytes: SegmentContent | undefined;
  #info: SegmentTorrentInfo | undefined;
  #torrent: SegmentTorrent | undefined;
  #destroyed = false;
  readonly #origin: SourceFetch;
  readonly #times: TransferTimes;

  constructor(
    readonly infoHash: string,
    /** Bytes. */
    readonly length: number,
    private readonly environment: SegmentEnvironment,
    private readonly events: SegmentEvents,
  ) {
    this.#times = new TransferTimes(environment.link ?? new LinkRate());
    this.#origin = new SourceFetch(length, {
      ...environment,
      pieces: () => this.#torrent?.pieces,
      onAnswer: ({ contentType, isSized }) => {
        this.contentType = contentType ?? this.contentType;
        this.#times.isSized = isSized;
      },
      onBytes: (buffer, run, fresh) => this.#originGave(buffer, run, fresh),
      onEnd: async ({ url }, buffer, whole) => {
        // The info dictionary may have come while the bytes did: then no torrent has been offered them.
        if (!this.join()) await this.#verifyWhole(buffer, url);
        else if (whole) this.#torrent?.offerFromOrigin(buffer, { from: 0, to: length });
      },
      onFailed: (error) => {
        this.#torrent?.removeOrigin();
        events.onOriginFailed(this, error);
      },
    });
  }

  /** Where the origin has it, the latest listing last; empty for a segment that only other viewers named yet. */
  get sources(): ReadonlyMap<string, ListedSegment> {
    return this.#origin.sources;
  }

  get complete(): boolean {
    return this.bytes !== undefined;
  }

  get fetching(): boolean {
    return this.#origin.running;
  }

  get info(): Uint8Array | undefined {
    return this.#info?.encoded;
  }

  /** Bytes here, verified or arriving from the origin. */
  get loaded(): number {
    if (this.bytes) return this.length;
    return Math.min(this.length, Math.max(this.#torrent?.verifiedBytes ?? 0, this.#origin.received));
  }

  get missing(): number {
    return this.bytes ? 0 : this.length - (this.#torrent?.verifiedBytes ?? 0);
  }

  /** Whether some of it can be passed on. */
  get hasSome(): boolean {
    return this.bytes !== undefined || (this.#torrent?.verifiedPieces.size ?? 0) > 0;
  }

  get hasTorrent(): boolean {
    return this.#torrent !== undefined;
  }

  get progress(): SegmentProgress {
    const { loaded, length: total, contentType } = this;
    const verified = (this.bytes ?? this.#torrent?.content)?.prefix;
    const prefix = verified ?? this.#origin.front;
    const times = this.#times.until(loaded, total, prefix.length, this.environment.now());
    return { loaded, total, prefix, verified: verified !== undefined, contentType, ...times };
  }

  list(listed: ListedSegment): void {
    this.duration = listed.duration;
    this.#origin.list(listed);
    if (listed.info) this.setInfo(listed.info);
  }

  /** Takes an info dictionary whose SHA-1 is the infohash. Returns false when it names another length. */
  setInfo(encoded: Uint8Array): boolean {
    if (this.#info) return true;
    const parsed = parseInfo(encoded);
    if (!parsed || parsed.length !== this.length) return false;
    this.#info = { encoded, parsed };
    return true;
  }

  /** The torrent, made when its info dictionary is known. */
  join(): boolean {
    const torrents = this.environment.torrents();
    if (torrents && !this.#torrent && this.#info && !this.#destroyed) this.#createTorrent(torrents, this.#info);
    return this.#torrent !== undefined;
  }

  addStream(stream: SegmentStream): void {
    this.#times.asked(this.environment.now());
    if (this.join()) this.#torrent?.addStream(stream);
    else stream.destroy();
  }

  removeStream(stream: SegmentStream): void {
    if (this.#torrent) this.#torrent.removeStream(stream);
    else stream.destroy();
  }

  /** A viewer that it is exchanged with. */
  giver(peerId: string): SegmentGiver {
    return this.#torrent?.viewers.giver(peerId) ?? { owed: 0, alone: false, willing: false, leave: () => {} };
  }

  /** Gives nothing more to those who are connected. */
  choke(): void {
    this.#torrent?.viewers.choke();
  }

  /** Asks the origin, once, in another order than others do where it is `split`; further calls while that runs do nothing. */
  fetchFromOrigin(split: boolean): void {
    if (this.fetching || this.bytes || this.#destroyed) return;
    this.#times.originAsked(this.environment.now());
    this.join();
    this.#origin.start(split);
  }

  /** Forgets an unfinished segment's origin fetch. */
  abortFetch(): void {
    this.#origin.stop();
    this.#times.originEnded();
    this.#torrent?.removeOrigin();
  }

  destroy(): void {
    this.#destroyed = true;
    this.abortFetch();
    this.#torrent?.destroy();
    this.#torrent = undefined;
  }

  #originGave(buffer: Uint8Array, run: Run, fresh: number): void {
    this.#times.originGave(fresh, this.#origin.received === this.length, run.from, this.environment.now());
    this.#torrent?.offerFromOrigin(buffer, run);
    this.events.onProgress(this);
  }

  async #verifyWhole(bytes: Uint8Array, url: string): Promise<void> {
    const isIt = await this.offer(bytes, () => {
      this.originBytes += bytes.byteLength;
      this.events.onPieceBytes(this, '', bytes.byteLength);
    });
    if (!isIt) throw new OriginError(url, 200, `its bytes are not those of ${this.infoHash}`);
  }

  /**
   * Takes all of its bytes. Without a torrent they themselves make the info dictionary.
   * @param taken called before anybody is told that it is here
   * @returns whether they are its bytes
   */
  async offer(bytes: Uint8Array, taken = (): void => {}): Promise<boolean> {
    const { info, infoHash } = await createInfo(bytes);
    if (this.#destroyed || this.bytes) return true;
    if (infoHash !== this.infoHash || !this.setInfo(info) || !this.#info) return false;
    taken();
    // A torrent to give it away with is made when somebody wants it.
    this.#torrent?.destroy();
    this.#torrent = undefined;
    this.#finish(SegmentContent.of(bytes, this.#info.parsed.pieceLength));
    return true;
  }

  #finish(content: SegmentContent): void {
    this.bytes = content;
    this.#times.finish(this.length, this.environment.now(), this.environment.told?.(this.duration));
    // Peers were faster: what is still on its way from the origin is not needed.
    if (this.#origin.received < this.length) this.abortFetch();
    this.#origin.done();
    this.#torrent?.removeOrigin();
    this.events.onComplete(this);
  }

  #createTorrent(torrents: Pick<Torrents, 'create'>, info: SegmentTorrentInfo): void {
    const torrent: SegmentTorrent = torrents.create(
      info,
      {
        onPiece: (index, shares) => this.#piece(torrent, index, shares),
        onBadPiece: (_index, senders) => {
          this.events.onBadPiece(this, senders);
          // In a piece with a viewer's blocks the origin's may be right: it is taken again from one of them.
          if (senders.length === 1 && senders[0] === '') this.#originIsWrong();
        },
        onBlock: (peerId, bytes) => {
          this.#times.peerGave(bytes, this.environment.now());
          this.events.onBlock(this, peerId, bytes);
        },
        onServed: (peerId, bytes, ms) => this.events.onServed(peerId, bytes, ms),
        onUpload: (peerId, bytes) => this.events.onUpload(this, peerId, bytes),
        onDone: () => {
          if (this.#torrent === torrent && !this.bytes) this.#finish(torrent.content);
        },
      },
      this.bytes,
      {
        upload: this.environment.upload,
        now: this.environment.now,
        isNarrow: () => this.environment.isNarrow?.(this.length) ?? false,
        ...(this.duration > 0 ? { patience: stallBound(this.duration) } : {}),
      },
    );
    this.#torrent = torrent;
  }

  #piece(torrent: SegmentTorrent, index: number, shares: ReadonlyMap<string, number>): void {
    const length = torrent.content.lengthOf(index);
    const sent = [...shares.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const [sender, bytes] of shares) {
      const share = (length * bytes) / sent;
      if (sender === '') this.originBytes += share;
      else this[this.environment.isHelper?.(sender) ? 'helperBytes' : 'peerBytes'] += share;
      this.events.onPieceBytes(this, sender, share);
    }
    this.events.onProgress(this);
    if (torrent.originIsBehind) this.#leaveOrigin();
  }

  /** What its answer brings is here: where the rest can be had of it without that, it is decided anew from whom. */
  #leaveOrigin(): void {
    if (!this.#origin.resumes) return;
    this.abortFetch();
    this.events.onOriginLeft(this);
  }

  #originIsWrong(): void {
    if (!this.fetching) return;
    this.abortFetch();
    this.events.onOriginFailed(
      this,
      new OriginError(this.#origin.url, 200, `its bytes are not those of ${this.infoHash}`),
    );
  }
}

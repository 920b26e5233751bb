import type { Run } from '../origin/origin-runs.js';
import type { Torrent } from '../vendor/webtorrent.js';
import { OriginConnection } from './origin-connection.js';
import type { SegmentContent } from './segment-content.js';

/** The answer brings nothing new where so many pieces from its place on are here. */
const BEHIND = 2;

/** Which pieces of a segment torrent are the origin's to give: those of its answer, and those that come sooner from it than from viewers. */
export class OriginPieces {
  #connection: OriginConnection | undefined;
  /** The first piece that the origin has not sent all of. */
  #next = 0;
  /** Pieces that came since it answers: so many from it, and these from viewers. */
  #own = 0;
  readonly #others = new Set<number>();

  constructor(
    private readonly torrent: Pick<Torrent, 'destroyed' | 'addWebSeed' | 'removePeer'>,
    private readonly content: Pick<SegmentContent, 'pieceLength' | 'count'>,
    /** Pieces. */
    private readonly verified: ReadonlySet<number>,
  ) {}

  /** It answers. */
  get sends(): boolean {
    return this.#connection !== undefined;
  }

  /**
   * Bytes of the answer are in `buffer`, which is the same each time: offers the pieces that are whole in it.
   * @returns those of them that are not verified yet
   */
  offer(buffer: Uint8Array, run: Run): Set<number> {
    const { pieceLength } = this.content;
    if (!this.#connection) {
      this.#connection = new OriginConnection(buffer, pieceLength);
      this.#own = 0;
      this.#others.clear();
      this.torrent.addWebSeed(this.#connection);
    }
    const offered = new Set<number>();
    this.#next = (run.to >= buffer.byteLength ? Math.ceil : Math.floor)(run.to / pieceLength);
    for (let index = Math.ceil(run.from / pieceLength); index < this.#next; index++) {
      if (this.verified.has(index)) continue;
      this.#connection.offer(index);
      offered.add(index);
    }
    return offered;
  }

  /** A piece is here. @param own whether the origin gave it */
  came(index: number, own: boolean): void {
    if (own) this.#own += 1;
    else this.#others.add(index);
  }

  /** Whether viewers have brought what it brings next. */
  get isBehind(): boolean {
    return this.sends && Array.from({ length: BEHIND }, (_, i) => this.#next + i).every((it) => this.#others.has(it));
  }

  /** Whether it is asked of no viewer. */
  gives(index: number): boolean {
    return this.#connection !== undefined && (this.#connection.offers(index) || this.#comes(index));
  }

  /**
   * The answer ended.
   * @returns whether there was one, so that pieces which were left to it may be asked of viewers now
   */
  end(): boolean {
    if (!this.#connection) return false;
    const { connId } = this.#connection;
    this.#connection = undefined;
    if (this.torrent.destroyed) return false;
    this.torrent.removePeer(connId);
    return true;
  }

  /**
   * Whether the origin will have sent a piece before viewers are through with what is behind it: it goes on from the front, so they bring the last part
   * of what is missing, as much of it as of what came since it answers, and the link carries nothing twice.
   */
  #comes(index: number): boolean {
    let last = this.content.count - 1;
    while (this.verified.has(last)) last -= 1;
    const share = (1 + this.#own) / (2 + this.#own + this.#others.size);
    return index >= this.#next && index < this.#next + share * (last - this.#next);
  }
}

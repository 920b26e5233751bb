import type { Run } from '../origin/origin-runs.js';
import type { Torrent } from '../vendor/webtorrent.js';
import { OriginConnection } from './origin-connection.js';
import type { SegmentContent } from './segment-content.js';

/** Which pieces of a segment torrent are the origin's to give: those of its answer, and those that come sooner from it than from viewers. */
export class OriginPieces {
  #connection: OriginConnection | undefined;
  /** The first piece that the origin has not sent all of. */
  #next = 0;

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
   * Whether the origin will have sent a piece before viewers are through with what is behind it: it goes on from the front, so
   * they bring the last half of what is missing, and the link carries nothing twice.
   */
  #comes(index: number): boolean {
    let last = this.content.count - 1;
    while (this.verified.has(last)) last -= 1;
    return index >= this.#next && 2 * index < this.#next + last;
  }
}

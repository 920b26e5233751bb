import type { Wire } from '../vendor/bittorrent-protocol.js';
import type { VerifiedPieces } from './origin-pieces.js';
import { beTerse } from './terse-wire.js';
import { WireDebt } from './wire-debt.js';
import { withhold } from './withheld-pieces.js';

/** What a viewer that gives a segment was asked for. */
export interface Debt {
  /** Bytes that were asked of it and are not here. */
  readonly owed: number;
  /** Whether it has something of what is missing that nobody else will give. */
  readonly alone: boolean;
}

/** A viewer that the segment is exchanged with. */
export interface SegmentGiver extends Debt {
  /** Asks it for nothing more: what it owes, others are asked for. It is given to as before. */
  leave(): void;
}

export interface ViewerWiresEnvironment {
  /** All wires of the torrent, the origin's among them. */
  readonly wires: () => readonly Wire[];
  readonly pieces: Pick<VerifiedPieces, 'count' | 'verified'>;
  /** Pieces that are asked of no viewer. */
  readonly withheld: (index: number) => boolean;
  /** Whether anything is given. */
  readonly gives: () => boolean;
  readonly now: () => number;
  /** A viewer that answers no request for this long is dropped, ms. */
  readonly patience: number;
  /** See SegmentTorrentEvents. */
  onServed(peerId: string, bytes: number, ms: number): void;
}

/** Whether the wire is the origin's. */
export const isOrigins = ({ type }: Pick<Wire, 'type'>): boolean => type === 'webSeed';

/** The viewers that a segment torrent is connected to: what each of them owes, and who is asked for nothing more. */
export class ViewerWires {
  readonly #debts = new Map<string, WireDebt>();
  /** Viewers that are asked for nothing more. */
  readonly #left = new Set<string>();

  constructor(private readonly environment: ViewerWiresEnvironment) {}

  /** A wire to a viewer opened. */
  add(wire: Wire, peerId: string): void {
    const { gives, withheld, now, patience, onServed } = this.environment;
    const unchoke = wire.unchoke.bind(wire);
    wire.unchoke = () => {
      if (gives()) unchoke();
    };
    beTerse(wire);
    withhold(wire, (index) => this.#left.has(peerId) || withheld(index));
    const debt = new WireDebt(wire, now, patience, (bytes, ms) => onServed(peerId, bytes, ms));
    this.#debts.set(peerId, debt);
    wire.on('close', () => {
      if (this.#debts.get(peerId) === debt) this.#debts.delete(peerId);
    });
  }

  /** Pieces that they were asked for and have not sent all of. */
  get asked(): Set<number> {
    return new Set(this.#all.flatMap(({ requests }) => requests.map(({ piece }) => piece)));
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
      leave: () => {
        this.#left.add(peerId);
        for (const wire of this.#all) if (wire.peerId === peerId) takeBack(wire, () => true);
      },
    };
  }

  /** These come from elsewhere: webtorrent would hold on to what it asked viewers for. */
  takeBack(pieces: ReadonlySet<number>): void {
    for (const wire of this.#all) takeBack(wire, (piece) => pieces.has(piece));
  }

  /** Gives nothing more to those who are connected. */
  choke(): void {
    for (const wire of this.#all) wire.choke();
  }

  get #all(): Wire[] {
    return this.environment.wires().filter((wire) => !isOrigins(wire));
  }

  #isAlone(peerId: string): boolean {
    const viewers = this.#all;
    const { count, verified } = this.environment.pieces;
    for (let index = 0; index < count; index++) {
      if (verified.has(index)) continue;
      const holders = viewers.filter(({ peerPieces }) => peerPieces.get(index));
      if (holders.length > 0 && holders.every((wire) => wire.peerId === peerId)) return true;
    }
    return false;
  }
}

/** Takes back the blocks that a viewer was asked for of some pieces. */
function takeBack(wire: Wire, of: (piece: number) => boolean): void {
  for (const { piece, offset, length } of [...wire.requests]) if (of(piece)) wire.cancel(piece, offset, length);
}

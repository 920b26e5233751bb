import type { Upload } from '../manners/upload-gate.js';
import type { Wire } from '../vendor/bittorrent-protocol.js';
import type { Torrent } from '../vendor/webtorrent.js';
import { OneByOne } from './one-by-one.js';
import type { OriginPieces } from './origin-pieces.js';
import type { SegmentContent } from './segment-content.js';
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
  /** It lets itself be asked for something that is missing, and owes nothing: others were asked for all of that. */
  readonly willing: boolean;
  /** Asks it for nothing more: what it owes, others are asked for. It is given to as before. */
  leave(): void;
}

export interface ViewerWiresEnvironment {
  /** Its wires: all, the origin's among them. */
  readonly torrent: Pick<Torrent, 'wires'>;
  readonly content: Pick<SegmentContent, 'count'>;
  /** Pieces. */
  readonly verified: ReadonlySet<number>;
  /** What is asked of no viewer. */
  readonly origin: Pick<OriginPieces, 'gives'>;
  /** Default: everything is given. */
  readonly upload: Pick<Upload, 'open'> | undefined;
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
  readonly #oneByOne: OneByOne;

  constructor(private readonly environment: ViewerWiresEnvironment) {
    this.#oneByOne = new OneByOne(environment.content.count, environment.verified, environment.now);
  }

  /** A wire to a viewer opened. */
  add(wire: Wire, peerId: string): void {
    const { origin, upload, now, patience, onServed } = this.environment;
    const unchoke = wire.unchoke.bind(wire);
    wire.unchoke = () => {
      if (upload?.open ?? true) unchoke();
    };
    beTerse(wire);
    this.#oneByOne.add(wire);
    withhold(wire, (index) => this.#left.has(peerId) || origin.gives(index));
    const debt = new WireDebt(wire, now, patience, (bytes, ms) => onServed(peerId, bytes, ms));
    this.#debts.set(peerId, debt);
    wire.on('close', () => {
      if (this.#debts.get(peerId) === debt) this.#debts.delete(peerId);
    });
  }

  /** A piece came from the origin, and shall leave the viewer once before it leaves it again. Call it before they are told of it. */
  tellOneByOne(piece: number): void {
    this.#oneByOne.own(piece);
  }

  close(): void {
    this.#oneByOne.close();
  }

  /** Pieces that they were asked for and have not sent all of. */
  get asked(): Set<number> {
    return new Set(this.#all.flatMap(({ requests }) => requests.map(({ piece }) => piece)));
  }

  /** What a viewer owes, and whether it has a missing piece that no other viewer has and the origin will not send. */
  giver(peerId: string): SegmentGiver {
    const [isAlone, isWilling] = [() => this.#isAlone(peerId), () => this.#isWilling(peerId)];
    return {
      owed: this.#debts.get(peerId)?.bytes ?? 0,
      // Only asked of few: it takes a look at all pieces.
      get alone() {
        return isAlone();
      },
      get willing() {
        return isWilling();
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
    return this.environment.torrent.wires.filter((wire) => !isOrigins(wire));
  }

  #isWilling(peerId: string): boolean {
    const wire = this.#all.find((each) => each.peerId === peerId);
    if (!wire || wire.peerChoking || wire.requests.length > 0) return false;
    return this.#missing.some((index) => wire.peerPieces.get(index));
  }

  get #missing(): number[] {
    const { content, verified } = this.environment;
    return [...Array(content.count).keys()].filter((index) => !verified.has(index));
  }

  #isAlone(peerId: string): boolean {
    const viewers = this.#all;
    for (const index of this.#missing) {
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

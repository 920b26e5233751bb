import type { Wire } from '../vendor/bittorrent-protocol.js';

/**
 * Pieces that takers were told of and have not been sent, of all of them together: with fewer than so many the uplink may be idle. While the origin
 * sends, the next new one is here in a moment.
 */
const UNDER_WAY = 3;
const UNDER_WAY_AT_FIRST = 1;
/** It sends, when its last piece came no longer ago than this, ms. */
const SENDS_MS = 400;
/** A piece that a taker was told of and has not asked for after this, ms, it has from another. */
const ASKED_WITHIN_MS = 600;
/** How often that is looked at while there is more to tell, ms. */
const LOOK_MS = 150;

/** Instead of a time: it was asked for. */
const ASKED = Number.NEGATIVE_INFINITY;

interface Taker {
  /** Pieces that it was told of; of those that it has not asked for, when, ms. */
  readonly told: Map<number, number>;
  tell(index: number): void;
}

/**
 * On a narrow link who fetches a segment tells each piece to one taker first, and to others while it has nothing else to send: they have it from each
 * other, and one copy leaves the fetcher instead of one for each of them (BEP 16, "super-seeding").
 */
export class OneByOne {
  readonly #takers = new Map<Wire, Taker>();
  /** Those that came from the origin, in that order. */
  readonly #own = new Set<number>();
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param count pieces of the segment */
  constructor(
    private readonly count: number,
    private readonly verified: ReadonlySet<number>,
    private readonly now: () => number,
  ) {}

  /** A piece came from the origin: call it before wires tell of it. */
  own(index: number): void {
    this.#own.add(index);
    this.#lastAt = this.now();
    this.#soon();
  }

  /** A viewer that is given to. Call it before its wire says what is here. */
  add(wire: Wire): void {
    const have = wire.have.bind(wire);
    const taker: Taker = { told: new Map(), tell: have };
    this.#takers.set(wire, taker);
    wire.have = (index) => {
      if (!this.#own.has(index)) have(index);
    };
    const [bitfield, haveAll] = [wire.bitfield.bind(wire), wire.haveAll.bind(wire)];
    const show = (): void => {
      const shown = new Uint8Array(Math.ceil(this.count / 8));
      for (const index of this.verified) {
        if (!this.#own.has(index)) shown[index >> 3] = (shown[index >> 3] ?? 0) | (0x80 >> (index & 7));
      }
      bitfield(shown);
      this.#soon();
    };
    wire.bitfield = (bits) => (this.#own.size > 0 ? show() : bitfield(bits));
    wire.haveAll = () => (this.#own.size > 0 ? show() : haveAll());
    wire.on('request', (index: number) => {
      if (taker.told.has(index)) taker.told.set(index, ASKED);
    });
    wire.on('upload', () => this.#soon());
    wire.on('close', () => {
      this.#takers.delete(wire);
      this.look();
    });
  }

  /** Tells takers of more, as long as little is under way to them. */
  look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.now();
    const under = new Map([...this.#takers].map(([wire, taker]) => [wire, underWay(wire, taker)]));
    let all = 0;
    for (const [wire, { told }] of this.#takers) {
      for (const at of told.values()) if (at !== ASKED && !isLeft(at, now)) all += 1;
      all += wire.peerRequests.length;
    }
    const most = now - this.#lastAt < SENDS_MS ? UNDER_WAY_AT_FIRST : UNDER_WAY;
    for (;;) {
      const next = this.#next(under, all < most, now);
      if (!next) break;
      const { wire, index } = next;
      const taker = this.#takers.get(wire) as Taker;
      taker.told.set(index, now);
      taker.tell(index);
      under.set(wire, (under.get(wire) ?? 0) + 1);
      all += 1;
    }
    if (this.#more()) this.#timer = setTimeout(() => this.look(), LOOK_MS);
  }

  /** After what is under way in this turn. Where nothing is told one by one, as on wide links, there is nothing to look at. */
  #soon(): void {
    if (this.#own.size > 0) queueMicrotask(() => this.look());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#takers.clear();
  }

  /** The piece that fewest know of, to the taker to whom least is under way; one that somebody knows of only where there is `room`. */
  #next(under: ReadonlyMap<Wire, number>, room: boolean, now: number): { wire: Wire; index: number } | undefined {
    const wires = [...under].sort(([, a], [, b]) => a - b).map(([wire]) => wire);
    let best: { wire: Wire; index: number } | undefined;
    let fewest = room ? Number.POSITIVE_INFINITY : 1;
    for (const index of this.#own) {
      const known = this.#known(index, now);
      if (known >= fewest) continue;
      const wire = wires.find((it) => !this.#takers.get(it)?.told.has(index) && !it.peerPieces.get(index));
      if (!wire) continue;
      best = { wire, index };
      fewest = known;
      if (known === 0) break;
    }
    return best;
  }

  /** How many know of a piece, and asked for it or still may. */
  #known(index: number, now: number): number {
    let known = 0;
    for (const { told } of this.#takers.values()) {
      const at = told.get(index);
      if (at !== undefined && !isLeft(at, now)) known += 1;
    }
    return known;
  }

  #more(): boolean {
    for (const [wire, { told }] of this.#takers) {
      for (const index of this.#own) if (!told.has(index) && !wire.peerPieces.get(index)) return true;
    }
    return false;
  }
}

/** Whether a taker that was told of a piece at that time does not want it. */
const isLeft = (at: number, now: number): boolean => at !== ASKED && now - at >= ASKED_WITHIN_MS;

/** Pieces on their way to a taker. What it did not ask for counts, too: who takes nothing is told last. */
const underWay = (wire: Wire, { told }: Taker): number => {
  let notAsked = 0;
  for (const at of told.values()) if (at !== ASKED) notAsked += 1;
  return notAsked + wire.peerRequests.length;
};

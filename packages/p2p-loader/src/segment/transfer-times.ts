import type { SegmentProgress, TransferTiming } from '../segment-source.js';
import type { LinkRate, Told } from './link-rate.js';

/** A player's request may count this much waiting before the first byte as the transfer's latency, ms. */
const MAX_COUNTED_LATENCY_MS = 200;

/**
 * The times of one segment's transfer, as players shall see them: at the link's own pace, neither slowed by other segments
 * beside it nor by peers that are slower than the link.
 */
export class TransferTimes {
  #start: number | undefined;
  #firstByte: number | undefined;
  /** When the running fetch, or the one that brought it, gave its first and its last bytes, and how many it gave. */
  #originFirst: number | undefined;
  #originLast = 0;
  #originBytes = 0;
  /** It has given all that it was asked for. */
  #isAnswered = false;
  /** Where in the segment what it sends begins, bytes. */
  #originFrom = 0;
  /** Its answer says that it is as long as it should be: one that ends early unseen would let down who was promised all of it. */
  isSized = false;
  #finished: TransferTiming | undefined;

  constructor(private readonly link: LinkRate) {}

  /** Somebody was asked. */
  asked(now: number): void {
    this.#start ??= now;
  }

  /** A peer gave bytes. */
  peerGave(bytes: number, now: number): void {
    this.link.received(bytes, now);
    if (this.#firstByte !== undefined) return;
    this.#firstByte = now;
    this.#start = Math.max(this.#start ?? now, now - MAX_COUNTED_LATENCY_MS);
  }

  /**
   * The origin gave bytes; `whole` with the last of them.
   * @param from where in the segment its answer begins, bytes
   */
  originGave(bytes: number, whole: boolean, from: number, now: number): void {
    this.#originFrom = from;
    this.link.received(bytes, now);
    this.#firstByte ??= now;
    this.#originFirst ??= now;
    this.#originLast = now;
    this.#originBytes += bytes;
    this.#isAnswered = whole;
    if (whole) this.link.originAnswered(this.#originFirst, now, this.#start);
    else this.link.originGives(this.#originBytes, this.#originFirst, now);
  }

  /** The origin is asked. */
  originAsked(now: number): void {
    this.originEnded();
    // What viewers were awaited for in vain is no part of the transfer: players would leave the rendition at its first bytes.
    if (this.#firstByte === undefined) this.#start = now;
  }

  /** It gives no more: what it gave before is no part of what comes. */
  originEnded(): void {
    if (this.#originFirst !== undefined && !this.#isAnswered) this.link.originLeft(this.#originFirst, this.#originLast);
    this.#isAnswered = false;
    this.#originFirst = undefined;
    this.#originBytes = 0;
    this.isSized = false;
  }

  /** All is here. @param length bytes */
  finish(length: number, now: number, told?: Told): void {
    this.#finished = { start: now, firstByte: now, ...this.until(length, length, length, now, told).timing, end: now };
  }

  /**
   * @param loaded bytes of `length` that are here at `now`
   * @param front of them, those from the first one on: while the origin sends others, nobody can tell when these go on
   */
  until(
    loaded: number,
    length: number,
    front: number,
    now: number,
    told?: Told,
  ): Pick<SegmentProgress, 'timing' | 'bodyMs'> {
    if (this.#finished) return { timing: this.#finished, bodyMs: this.#finished.end - this.#finished.firstByte };
    const [start, first] = [this.#start, this.#firstByte];
    if (start === undefined || first === undefined) {
      return { timing: start === undefined ? {} : { start }, bodyMs: undefined };
    }
    const took = now - first;
    // What it sends of a transfer that viewers brought most of is too little to tell the link's pace from.
    const tells = 2 * this.#originBytes >= loaded;
    const body = this.link.bodyMs(loaded, first, now, tells ? this.#originFirst : undefined, told);
    return {
      timing: { start: start + took - body, firstByte: now - body },
      bodyMs:
        this.#originFirst === undefined || this.#originFrom > front || !this.isSized
          ? undefined
          : Math.min(this.link.fetchMs(length) || Number.POSITIVE_INFINITY, (length * body) / loaded),
    };
  }
}

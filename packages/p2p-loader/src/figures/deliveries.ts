import type { SegmentOrigin } from '../segment-source.js';
import type { SegmentDetail } from './events.js';
import type { LoaderStats } from './stats.js';

/** A segment that was given to the player; see Segment. */
export interface Delivered {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  readonly peerBytes: number;
  readonly helperBytes: number;
  readonly originBytes: number;
  /** ms. */
  readonly duration: number;
}

/** Counts the segments that the player was given, by where their bytes came from. */
export class Deliveries {
  readonly #counts = { peers: 0, helpers: 0, origin: 0, mixed: 0, cache: 0 };
  readonly #given = new WeakSet<Delivered>();

  /**
   * Notes that the player was given this segment.
   * @param ms from the player's request to now
   */
  add(segment: Delivered, url: string, ms: number): SegmentDetail {
    const source = this.#sourceOf(segment);
    this.#given.add(segment);
    this.#counts[source] += 1;
    return {
      url,
      infoHash: segment.infoHash,
      bytes: segment.length,
      peerBytes: Math.round(segment.peerBytes),
      helperBytes: Math.round(segment.helperBytes),
      originBytes: Math.round(segment.originBytes),
      source,
      duration: segment.duration,
      ms,
    };
  }

  get counts(): LoaderStats['segments'] {
    const { peers, helpers, origin, mixed, cache } = this.#counts;
    return { fromPeers: peers, fromHelpers: helpers, fromOrigin: origin, mixed, fromCache: cache };
  }

  #sourceOf(segment: Delivered): SegmentOrigin {
    const { peerBytes, helperBytes, originBytes } = segment;
    // One that is made of parts which the player had came from nowhere else.
    if (this.#given.has(segment) || peerBytes + helperBytes + originBytes === 0) return 'cache';
    if (peerBytes + helperBytes === 0) return 'origin';
    if (peerBytes + originBytes === 0) return 'helpers';
    return helperBytes + originBytes === 0 ? 'peers' : 'mixed';
  }
}

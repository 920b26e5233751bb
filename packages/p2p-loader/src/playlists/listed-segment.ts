import type { ByteRange } from '../segment-source.js';

/** A segment as a playlist lists it. */
export interface ListedSegment {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  /** Bencoded info dictionary, checked against the infohash. */
  readonly info: Uint8Array | undefined;
  /** Absolute, without fragment. */
  readonly url: string;
  readonly range: ByteRange | undefined;
  readonly mediaSequence: number;
  /** ms. */
  readonly duration: number;
}

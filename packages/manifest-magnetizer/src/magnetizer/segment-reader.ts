import type { ByteRange } from '../playlist/segment.js';

/** What is to be read: a resource, or a byte range of it. */
export interface SegmentReference {
  /** Absolute URL. */
  readonly url: string;
  readonly byteRange?: ByteRange | undefined;
  /** Absolute URL of the playlist that names it. */
  readonly playlistUrl: string;
}

/** A segment's bytes. */
export interface SegmentData {
  /** Exactly the segment: with a byte range, `byteRange.length` bytes. */
  readonly bytes: Uint8Array;
  /** Changes when the resource's bytes change: made of ETag, Last-Modified, length. */
  readonly validator?: string | undefined;
}

export interface ReadOptions {
  /** The read is given up. */
  readonly signal: AbortSignal;
  /** More bytes than this need not be read: the segment is refused. */
  readonly maxLength: number;
}

/** Reads a segment. Rejects when there is none; whatever it rejects with is counted, and tried again later. */
export type ReadSegment = (segment: SegmentReference, options: ReadOptions) => Promise<Uint8Array | SegmentData>;

/** Tells a resource's present validator without reading it; undefined where there is none. */
export type ValidateSegment = (segment: SegmentReference, options: ReadOptions) => Promise<string | undefined>;

/** Where a magnetizer gets segments from. */
export interface SegmentReader {
  readonly readSegment: ReadSegment;
  readonly validateSegment?: ValidateSegment | undefined;
  /** Validators cost next to nothing, as for files: those of listed segments are asked at each reload of their playlist. */
  readonly isCheap?: boolean | undefined;
}

/** A reader that can tell validators. */
export interface ValidatingReader extends SegmentReader {
  readonly validateSegment: ValidateSegment;
}

export function asData(data: Uint8Array | SegmentData): SegmentData {
  return data instanceof Uint8Array ? { bytes: data } : data;
}

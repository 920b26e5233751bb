/**
 * What the loader's two front ends (the service worker's page end and the hls.js loader) see of it.
 * They never reach further into the loader than this.
 */

/** A byte range of a resource, as RFC 8216 §4.3.2.2 EXT-X-BYTERANGE names it. */
export interface ByteRange {
  /** First byte's offset in the resource, bytes. */
  readonly offset: number;
  /** Length, bytes. */
  readonly length: number;
}

/** How the bytes of one segment arrived; the times of real transfers, so that players can estimate bandwidth. */
export interface TransferTiming {
  /** When the first byte was asked for, ms (`performance.now()`'s clock). */
  readonly start: number;
  /** When the first byte came, ms. */
  readonly firstByte: number;
  /** When the last byte was verified, ms. */
  readonly end: number;
}

/** Where the bytes of a delivered segment came from. */
export type SegmentOrigin = 'peers' | 'helpers' | 'origin' | 'mixed' | 'cache';

/** Bytes of the cache, of which only copies are given away. */
export interface KeptBytes {
  /** Bytes. */
  readonly length: number;
  /** The bytes `[from, to)`, for the caller to keep, transfer or write. Default: all. */
  copy(from?: number, to?: number): Uint8Array<ArrayBuffer>;
}

/** A complete, verified segment. */
export interface SegmentBytes {
  readonly bytes: KeptBytes;
  /** The origin's Content-Type, when the origin told one to this viewer. */
  readonly contentType: string | undefined;
  readonly timing: TransferTiming;
  readonly source: SegmentOrigin;
}

/** Progress of a running request. */
export interface SegmentProgress {
  /** Bytes received so far. */
  readonly loaded: number;
  /** The segment's length, bytes. */
  readonly total: number;
  readonly timing: Partial<TransferTiming>;
  /** How long the viewer's link needs for the whole, ms, while the origin sends what follows `prefix`; peers' pieces come in any order. */
  readonly bodyMs: number | undefined;
  /** The origin's Content-Type, as soon as it told one to this viewer. */
  readonly contentType?: string | undefined;
  /** The bytes from the first one on. */
  readonly prefix: KeptBytes;
  /** Whether these are verified. Before the segment's pieces are known they are the origin's, as it sends them. */
  readonly verified: boolean;
}

/** A request to the origin. */
export interface OriginRequest {
  readonly url: string;
  readonly init: RequestInit;
}

/** What a player would send for a URL of its playlists. */
export type OriginRequestOf = (url: string) => OriginRequest | Promise<OriginRequest>;

export interface SegmentRequestOptions {
  /** The player gives the request up. Others' interest in the segment is not touched by it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SegmentProgress) => void;
  /** The player measures the transfer itself, and takes what it waits for a part of it. Default: it is told the `timing`. */
  readonly measured?: boolean;
  /** What the player would send for this segment, and for others of the same origin. Default: a plain GET. */
  readonly origin?: OriginRequestOf | undefined;
  /** The URL that the player asked for, where it put something into the query of the playlist's. */
  readonly requested?: string | undefined;
}

export interface SegmentSource {
  /**
   * A playlist that the player was just given, with the URL that it came from after redirects, and the one that was asked for.
   * Returns at once: whether the playlist is of this source's stream. Text that is no magnetized Media Playlist is ignored.
   */
  playlist(url: string, text: string, requested?: string): boolean;
  /**
   * Resolves when the player may be given the playlist that `playlist()` was shown last: a reload is kept from it until the new segments are here, or have to
   * be asked for. `undefined`: at once.
   */
  held(): Promise<void> | undefined;
  /** Absolute URLs (no fragment) of the segments that the loader answers for at this moment. */
  segmentUrls(): string[];
  /** Calls `listener` after each change of `segmentUrls()`; returns the function that ends it. */
  onSegmentUrlsChange(listener: () => void): () => void;
  /**
   * Asks for one segment: by the URL, and the byte range if the playlist gave it one.
   * `undefined`, at once: not one of ours, use the network.
   * Rejects with OriginError (has `status`) when neither peers nor origin have it, or AbortError: use the network.
   */
  request(
    url: string,
    range: ByteRange | undefined,
    options?: SegmentRequestOptions,
  ): Promise<SegmentBytes> | undefined;
}

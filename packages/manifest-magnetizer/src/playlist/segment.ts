/** A byte range of a resource (RFC 8216 §4.3.2.2 EXT-X-BYTERANGE). */
export interface ByteRange {
  /** Offset of the first byte, bytes. */
  readonly offset: number;
  /** Length, bytes. */
  readonly length: number;
}

/** A Media Segment as its playlist names it. */
export interface MediaSegment {
  /** The URI as it stands in the playlist, variables substituted. */
  readonly uri: string;
  /** The absolute URL without fragment, where it can be told. */
  readonly url?: string;
  readonly byteRange?: ByteRange;
  /** Media Sequence Number (§3). */
  readonly mediaSequence: number;
  /** EXTINF's duration, s. */
  readonly duration: number;
  /** EXTINF's title; empty where there is none. */
  readonly title: string;
  /** EXT-X-PROGRAM-DATE-TIME that stands before it (§4.3.2.6), ms since 1970. */
  readonly programDateTime?: number;
  /** EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity: boolean;
  /** EXT-X-GAP stands before it: there is nothing to fetch. */
  readonly gap: boolean;
}

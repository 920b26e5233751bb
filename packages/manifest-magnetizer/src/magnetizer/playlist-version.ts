import type { MediaSegment } from '../playlist/segment.js';

/** One version of a Media Playlist; what `readSegments` returns is one. */
export interface PlaylistVersion {
  /** EXT-X-MEDIA-SEQUENCE; 0 where there is none. */
  readonly mediaSequence: number;
  readonly endList: boolean;
  /** In their order; those without a URL go by their URI. Delta updates may list the last ones alone. */
  readonly segments: readonly VersionSegment[];
}

/** What of a segment tells it from others. */
export type VersionSegment = Pick<MediaSegment, 'uri' | 'url' | 'byteRange' | 'mediaSequence' | 'duration'> &
  Partial<Pick<MediaSegment, 'programDateTime' | 'discontinuity'>>;

import type { MagnetCache } from './magnet-cache.js';
import type { SegmentReader, SegmentReference } from './segment-reader.js';

export interface MagnetizerOptions extends SegmentReader {
  /** Announce URLs of WebTorrent trackers, for the stream line. */
  readonly announce?: readonly string[];
  /**
   * What names the stream that a Media or Multivariant Playlist belongs to, given its URL; all playlists of one stream, and all its
   * origins, return the same text. A pure function, or each process says something else. Default: `streamName`.
   */
  readonly stream?: ((url: string) => string) | undefined;
  /**
   * Names a segment or playlist in caches. Default: the URL, for playlists without parameters that are tokens by their names.
   * Segments whose tokens change from one version of their playlist to the next are found again without it.
   * @param playlistUrl the playlist that names it, or that it is
   */
  readonly resourceId?: (url: string, playlistUrl: string) => string;
  /** How long a playlist may be held for segments that are not hashed yet, ms. Default 300. */
  readonly timeBudget?: number;
  /** How many of the newest segments of a live playlist carry their info dictionary. Default 2. */
  readonly infoSegments?: number;
  /**
   * Whether the Partial Segments of Low-Latency HLS are read and hashed, too, so that viewers give them to each other. A playlist is held for
   * a twentieth of PART-TARGET, 25 ms at most, for those that are new. Default false.
   */
  readonly parts?: boolean;
  /** Segments read and hashed at the same time. Default 8. */
  readonly concurrency?: number;
  /** Segments that may wait for that; others are asked for again by the next reload. Default 4,000. */
  readonly maxQueued?: number;
  /**
   * Segments of one playlist that are read as soon as it names them: the newest, or of one that has ended, the first. Of the others one
   * a second is read while the playlist is asked for. Default 60; without a bound where `isCheap` is set.
   */
  readonly maxAtOnce?: number;
  /** Hashes in memory, about 1.4 KB each. Default 50,000. */
  readonly maxCached?: number;
  /** Larger segments are not hashed, bytes. Default 64 MiB. */
  readonly maxSegmentLength?: number;
  /** A read that takes longer has failed, ms. Default 20,000. */
  readonly readTimeout?: number;
  /** A cache that several origins share, such as a Keyv. Default: none. */
  readonly cache?: MagnetCache | undefined;
  /**
   * Told of each segment that could not be read or hashed; it is tried again after 1 to 30 s. It is told of each
   * playlist beyond a limit, too, once, with a `PlaylistLimitError`; the middleware tells of playlists that it could not decode.
   */
  readonly onError?: (error: unknown, segment: SegmentReference) => void;
  /** The clock, ms. Default: `performance.now()`. */
  readonly now?: () => number;
  /** Resolves after so many ms, or when the signal says so; for tests. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What a magnetizer did so far. */
export interface MagnetizerStats {
  /** Playlists that came through, of all kinds. */
  readonly playlists: number;
  /** Of those, the ones that are not Media Playlists with segments to annotate, or no playlists at all. */
  readonly passedThrough: number;
  /** Of `playlists`, the ones with a syntax error. */
  readonly malformed: number;
  /** Playlists that went out before all their segments were hashed. */
  readonly incomplete: number;
  /** How long playlists were held for hashes, all of them together, ms. */
  readonly heldMs: number;
  /** Segments read and hashed by this process. */
  readonly segmentsHashed: number;
  /** Bytes read for that. */
  readonly segmentBytesRead: number;
  /** Partial Segments read and hashed by this process. */
  readonly partsHashed: number;
  /** Segments and parts that could not be read or hashed; each try counts. */
  readonly failures: number;
  /** Segments that found the queue full, or beyond `maxAtOnce`; each reload counts. */
  readonly deferred: number;
  /** Segments waiting or being read now. */
  readonly pending: number;
  /** Hashes that came from the shared cache. */
  readonly sharedHits: number;
  /** Calls of the shared cache that failed or were too late. */
  readonly cacheFailures: number;
}

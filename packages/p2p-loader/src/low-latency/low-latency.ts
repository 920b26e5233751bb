import { readParts } from '@live-torrent/manifest-magnetizer/parts';
import type { Counters } from '../figures/accounting.js';
import type { PartDetail } from '../figures/events.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { Playback } from '../schedule/playback.js';
import type { Segment } from '../segment/segment.js';
import type { ByteRange, KeptBytes, OriginRequestOf, SegmentBytes, SegmentRequestOptions } from '../segment-source.js';
import { offsetIn, type Part, PartBook } from './part-book.js';
import { fetchPart } from './part-fetch.js';

/** Segments in a row whose joined parts were not theirs, after which those of a playlist are not joined any more. */
const MAX_MISFITS = 2;

/** What it needs of the engine. */
export interface LowLatencyEnvironment {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly originRequest: OriginRequestOf;
  readonly counters: Counters;
  readonly playback: Playback;
  segment(infoHash: string): Segment | undefined;
  /** The segment that a playlist lists. */
  take(listed: ListedSegment, playlist: PlaylistState): Segment;
  /** The player has been given a part. */
  onPart(detail: PartDetail): void;
}

/**
 * Low-Latency HLS (draft-pantos-hls-rfc8216bis §4.4.4.9): viewers who played a segment's parts have the segment, and who has the segment has its
 * parts.
 */
export class LowLatency {
  readonly #book = new PartBook();
  /** Segments in a row whose parts did not make them up, by playlist. */
  readonly #misfits = new WeakMap<PlaylistState, number>();
  /** Playlists whose player takes segments as a whole although it could have parts. */
  readonly #whole = new WeakSet<PlaylistState>();

  constructor(private readonly environment: LowLatencyEnvironment) {}

  /**
   * A reload of a playlist.
   * @param from its URL after redirects
   */
  list(playlist: PlaylistState, from: string, text: string): void {
    this.#book.list(playlist, readParts(text, from));
    playlist.partsFrom = this.#whole.has(playlist) ? undefined : this.#book.firstOf(playlist);
    for (const listed of playlist.segments) void this.#join(listed, playlist);
  }

  /** The player asks for a whole segment: where that has parts, it takes none. */
  asked({ mediaSequence }: ListedSegment, playlist: PlaylistState): void {
    if (!this.#book.has(playlist, mediaSequence)) return;
    this.#whole.add(playlist);
    playlist.partsFrom = undefined;
  }

  /** URLs of the parts that are listed. */
  urls(): string[] {
    return this.#book.urls();
  }

  /**
   * The bytes of a part, as the origin has them; undefined where it is none. Rejects as `fetchPart` does.
   */
  request(
    url: string,
    range: ByteRange | undefined,
    { signal }: SegmentRequestOptions,
  ): Promise<SegmentBytes> | undefined {
    const part = this.#book.find(url, range);
    if (!part) return undefined;
    const { playlist } = part;
    // What follows, it will ask for by parts, too: none of it is loaded ahead.
    this.#whole.delete(playlist);
    playlist.partsFrom = this.#book.firstOf(playlist);
    playlist.requested = undefined;
    const { playback, now } = this.environment;
    const askedAt = now();
    return this.#load(part, signal).then((given) => {
      const { source, bytes } = given;
      playback.delivered(1000 * part.duration, now());
      this.environment.onPart({ url, bytes: bytes.length, source, ms: now() - askedAt });
      return given;
    });
  }

  async #load(part: Part, signal: AbortSignal = new AbortController().signal): Promise<SegmentBytes> {
    const { environment } = this;
    const here = this.#hereOf(part);
    if (here) {
      const now = environment.now();
      return { ...here, timing: { start: now, firstByte: now, end: now }, source: 'cache' };
    }
    const { counters } = environment;
    counters.originRequests += 1;
    const { bytes, ...answer } = await fetchPart(part.url, part.byteRange, environment, signal);
    counters.originBytes += bytes.byteLength;
    part.contentType = answer.contentType;
    this.#book.keep(part, bytes);
    return { ...answer, bytes: keptOf(bytes), source: 'origin' };
  }

  /** What is here of a part: its own bytes, or those of its segment. */
  #hereOf(part: Part): Pick<SegmentBytes, 'bytes' | 'contentType'> | undefined {
    if (part.bytes) return { bytes: keptOf(part.bytes), contentType: part.contentType };
    const listed = part.playlist.segments.find(({ mediaSequence }) => mediaSequence === part.mediaSequence);
    if (!listed) return undefined;
    const segment = this.environment.segment(listed.infoHash);
    const siblings = this.#book.partsOf(part.playlist, part.mediaSequence);
    if (!segment?.bytes || !siblings) return undefined;
    const whole = segment.bytes;
    const offset = offsetIn(siblings, part, listed) ?? -1;
    const isLast = siblings.at(-1) === part;
    const length = part.length ?? (isLast ? whole.length - offset : 0);
    if (length <= 0 || offset < 0 || offset + length > whole.length) return undefined;
    const bytes = { length, copy: (from = 0, to = length) => whole.copy(offset + from, offset + Math.min(to, length)) };
    return { bytes, contentType: segment.contentType };
  }

  /** Makes a segment of its parts, where all of them are here. */
  async #join(listed: ListedSegment, playlist: PlaylistState): Promise<void> {
    const parts = this.#book.partsOf(playlist, listed.mediaSequence);
    if (!parts || (this.#misfits.get(playlist) ?? 0) >= MAX_MISFITS) return;
    const bytes = parts.flatMap((part) => part.bytes ?? []);
    if (bytes.length < parts.length || this.environment.segment(listed.infoHash)?.complete) return;
    const length = bytes.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const joined = new Uint8Array(length);
    let at = 0;
    for (const [i, part] of parts.entries()) {
      joined.set(bytes[i] as Uint8Array, at);
      at += part.length ?? 0;
      // The segment has them, or nobody needs them.
      part.bytes = undefined;
    }
    const isIt = length === listed.length && (await this.#make(listed, playlist, joined, parts[0]?.contentType));
    this.#misfits.set(playlist, isIt ? 0 : (this.#misfits.get(playlist) ?? 0) + 1);
  }

  #make(listed: ListedSegment, playlist: PlaylistState, bytes: Uint8Array, contentType?: string): Promise<boolean> {
    const segment = this.environment.take(listed, playlist);
    segment.contentType ??= contentType;
    return segment.offer(bytes);
  }
}

const keptOf = (bytes: Uint8Array): KeptBytes => ({
  length: bytes.byteLength,
  copy: (from = 0, to = bytes.byteLength) => bytes.slice(from, to) as Uint8Array<ArrayBuffer>,
});

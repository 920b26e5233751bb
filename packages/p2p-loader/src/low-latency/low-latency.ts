import { readParts } from '@live-torrent/manifest-magnetizer/parts';
import type { PartDetail } from '../figures/events.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { Playback } from '../schedule/playback.js';
import type { Segment } from '../segment/segment.js';
import type { ByteRange, KeptBytes, OriginRequestOf, SegmentBytes, SegmentRequestOptions } from '../segment-source.js';
import { offsetIn, type Part, PartBook } from './part-book.js';
import { PartExchange, type PartExchangeEnvironment } from './part-exchange.js';
import { type FetchedPart, fetchPart } from './part-fetch.js';
import { patience, waitFor } from './part-policy.js';

/** Segments in a row whose joined parts were not theirs, after which those of a playlist are not joined any more. */
const MAX_MISFITS = 2;
/** Less is no time for links to bring a part, ms. */
const LEAST_PATIENCE_MS = 50;
/** What a fetch of a part takes, before one was measured, ms. */
const USUAL_FETCH_MS = 150;

/** What it needs of the engine. */
export interface LowLatencyEnvironment extends Omit<PartExchangeEnvironment, 'patience'> {
  readonly fetch: typeof fetch;
  readonly originRequest: OriginRequestOf;
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
  readonly #exchange: PartExchange;
  /** What fetches usually take, and a byte of them, ms. */
  #fetchMs = USUAL_FETCH_MS;
  #byteMs = 0;

  constructor(private readonly environment: LowLatencyEnvironment) {
    this.#exchange = new PartExchange({ ...environment, patience: () => this.#patience() });
  }

  /**
   * A reload of a playlist.
   * @param from its URL after redirects
   */
  list(playlist: PlaylistState, from: string, text: string): void {
    this.#book.list(playlist, readParts(text, from));
    playlist.partsFrom = this.#whole.has(playlist) ? undefined : this.#book.firstOf(playlist);
    const parts = this.#book.all(playlist);
    const hashes = parts.flatMap(({ hash }) => hash ?? []);
    if (hashes.length > 0) this.#exchange.list(playlist, hashes, parts.at(-1)?.index === 0);
    for (const part of parts) {
      const bytes = part.hash && !part.bytes && this.#exchange.find(part.hash);
      if (bytes && !this.#segmentOf(part)?.complete) this.#book.keep(part, bytes);
    }
    for (const listed of playlist.segments) void this.#join(listed, playlist);
  }

  /** The player asks for a whole segment: where that has parts, it takes none. */
  asked({ mediaSequence }: ListedSegment, playlist: PlaylistState): void {
    if (!this.#book.has(playlist, mediaSequence)) return;
    this.#whole.add(playlist);
    playlist.partsFrom = undefined;
  }

  stop(): void {
    this.#exchange.stop();
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
    const byLinks = await this.#wait(part, signal);
    if (byLinks) return byLinks;
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    signal.addEventListener('abort', abort);
    let end = (): void => {};
    const pushed = new Promise<SegmentBytes>((resolve) => {
      end = part.hash ? this.#exchange.await(part.hash, (bytes) => resolve(this.#fromLinks(part, bytes))) : end;
    });
    try {
      return await Promise.race([pushed, this.#fetch(part, stop.signal)]);
    } finally {
      end();
      signal.removeEventListener('abort', abort);
      stop.abort();
    }
  }

  /** Waits for links to bring it; undefined: the origin has to be asked now. */
  async #wait(part: Part, signal: AbortSignal): Promise<SegmentBytes | undefined> {
    const { hash, playlist } = part;
    const role = this.#exchange.roleIn(playlist);
    const here = hash && this.#exchange.find(hash);
    if (here) return this.#fromLinks(part, here);
    const most = this.#patience();
    if (!hash || role.isRoot || most < LEAST_PATIENCE_MS || !this.#exchange.hasLinks(playlist)) return undefined;
    const first = waitFor(most, this.environment.random());
    for (const ms of [first, most - first]) {
      const bytes = await this.#within(hash, ms, signal);
      if (bytes) return this.#fromLinks(part, bytes);
      if (signal.aborted) return undefined;
      if (!this.#exchange.arrives(hash)) break;
    }
    role.late();
    return undefined;
  }

  #within(hash: string, ms: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const done = (bytes?: Uint8Array): void => {
        clearTimeout(timer);
        end();
        signal.removeEventListener('abort', abort);
        resolve(bytes);
      };
      const abort = (): void => done();
      const timer = setTimeout(done, ms);
      const end = this.#exchange.await(hash, done);
      signal.addEventListener('abort', abort);
    });
  }

  #fromLinks(part: Part, bytes: Uint8Array): SegmentBytes {
    this.#book.keep(part, bytes);
    const end = this.environment.now();
    // As long as the origin's would have taken: what was waited is no transfer.
    const start = end - bytes.byteLength * this.#byteMs;
    return {
      bytes: keptOf(bytes),
      contentType: part.contentType,
      timing: { start, firstByte: start, end },
      source: 'peers',
    };
  }

  async #fetch(part: Part, signal: AbortSignal): Promise<SegmentBytes> {
    const { environment } = this;
    const { counters } = environment;
    counters.originRequests += 1;
    const fetched = await fetchPart(part.url, part.byteRange, environment, signal);
    const { bytes, ...answer } = fetched;
    counters.originBytes += bytes.byteLength;
    this.#measure(fetched);
    part.contentType = answer.contentType;
    this.#book.keep(part, bytes);
    if (part.hash) void this.#exchange.take(part.hash, bytes);
    return { ...answer, bytes: keptOf(bytes), source: 'origin' };
  }

  #measure({ bytes, timing: { start, firstByte, end } }: FetchedPart): void {
    this.#fetchMs += 0.2 * (end - start - this.#fetchMs);
    const byteMs = (end - firstByte) / bytes.byteLength;
    this.#byteMs += (this.#byteMs === 0 ? 1 : 0.2) * (byteMs - this.#byteMs);
  }

  #patience(): number {
    const { playback, now } = this.environment;
    return patience(playback.left(now()), this.#fetchMs);
  }

  #segmentOf(part: Part): Segment | undefined {
    const listed = listedOf(part);
    return listed && this.environment.segment(listed.infoHash);
  }

  /** What is here of a part: its own bytes, or those of its segment. */
  #hereOf(part: Part): Pick<SegmentBytes, 'bytes' | 'contentType'> | undefined {
    if (part.bytes) return { bytes: keptOf(part.bytes), contentType: part.contentType };
    const listed = listedOf(part);
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

/** The segment that it is a part of, where that is listed. */
const listedOf = ({ playlist, mediaSequence }: Part): ListedSegment | undefined =>
  playlist.segments.find((listed) => listed.mediaSequence === mediaSequence);

const keptOf = (bytes: Uint8Array): KeptBytes => ({
  length: bytes.byteLength,
  copy: (from = 0, to = bytes.byteLength) => bytes.slice(from, to) as Uint8Array<ArrayBuffer>,
});

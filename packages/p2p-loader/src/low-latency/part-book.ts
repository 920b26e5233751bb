import type { PartialSegment } from '@live-torrent/manifest-magnetizer/parts';
import { hexOfBinary } from '../mesh/hex.js';
import type { PlaylistState } from '../playlists/playlist-catalog.js';
import type { ByteRange } from '../segment-source.js';

/** Bytes of parts that wait for their segment to be listed, of all playlists. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Playlists whose parts are remembered: those that a player reloads in turn. */
const MAX_PART_LISTS = 4;

/** A Partial Segment as the playlists list it. */
export interface Part extends Omit<PartialSegment, 'length' | 'sha1'> {
  readonly url: string;
  readonly playlist: PlaylistState;
  /** Its own bytes, as long as its segment is not here. */
  bytes: Uint8Array | undefined;
  /** Its length, bytes, once that is known. */
  length: number | undefined;
  /** 40 hex digits, once the playlist tells it. */
  hash: string | undefined;
  /** The origin's, where it was asked for it. */
  contentType: string | undefined;
}

const keyOf = (url: string, range: ByteRange | undefined): string =>
  range ? `${url}#${range.offset}+${range.length}` : url;

/** Which URL is which part, and what is here of them. */
export class PartBook {
  readonly #byKey = new Map<string, Part>();
  /** By playlist and Media Sequence Number. */
  readonly #segments = new Map<PlaylistState, Map<number, Part[]>>();

  /** Takes what a reload lists: what it does not list any more is forgotten. */
  list(playlist: PlaylistState, listed: readonly PartialSegment[]): void {
    const before = this.#segments.get(playlist) ?? new Map<number, Part[]>();
    const after = new Map<number, Part[]>();
    for (const part of listed) {
      if (part.url === undefined) continue;
      const { url } = part;
      const key = keyOf(url, part.byteRange);
      let known = this.#byKey.get(key);
      if (known?.mediaSequence !== part.mediaSequence || known.playlist !== playlist || known.index !== part.index) {
        known = { ...part, url, playlist, hash: undefined, bytes: undefined, contentType: undefined };
        this.#byKey.set(key, known);
      }
      known.length ??= part.length;
      known.hash ??= part.sha1 && hexOf(part.sha1);
      const of = after.get(part.mediaSequence) ?? [];
      of.push(known);
      after.set(part.mediaSequence, of);
    }
    this.#segments.delete(playlist);
    if (after.size > 0) this.#segments.set(playlist, after);
    this.#forget(before, after);
    for (const [oldest, segments] of this.#segments) {
      if (this.#segments.size <= MAX_PART_LISTS) break;
      this.#segments.delete(oldest);
      this.#forget(segments);
    }
  }

  /** Those of a playlist, in their order. */
  all(playlist: PlaylistState): readonly Part[] {
    return [...(this.#segments.get(playlist)?.values() ?? [])].flat();
  }

  find(url: string, range: ByteRange | undefined): Part | undefined {
    return this.#byKey.get(keyOf(url, range));
  }

  /** Whether parts of that segment are listed. */
  has(playlist: PlaylistState, mediaSequence: number): boolean {
    return this.#segments.get(playlist)?.has(mediaSequence) ?? false;
  }

  /** The first segment whose parts are listed, and all after it. */
  firstOf(playlist: PlaylistState): number | undefined {
    return this.#segments.get(playlist)?.keys().next().value;
  }

  /** All parts of a segment that is listed itself; undefined where some are missing. */
  partsOf(playlist: PlaylistState, mediaSequence: number): readonly Part[] | undefined {
    const parts = this.#segments.get(playlist)?.get(mediaSequence);
    return parts?.every(({ index }, i) => index === i) ? parts : undefined;
  }

  /** Keeps the bytes of a part until its segment is listed. */
  keep(part: Part, bytes: Uint8Array): void {
    part.bytes = bytes;
    part.length = bytes.byteLength;
    const held = [...this.#byKey.values()].filter((other) => other.bytes);
    let waiting = held.reduce((sum, other) => sum + (other.bytes?.byteLength ?? 0), 0);
    for (const oldest of held) {
      if (waiting <= MAX_WAITING_BYTES) break;
      waiting -= oldest.bytes?.byteLength ?? 0;
      oldest.bytes = undefined;
    }
  }

  urls(): string[] {
    return [...new Set([...this.#byKey.values()].map(({ url }) => url))];
  }

  /** Forgets parts that are not among those that are listed now. */
  #forget(segments: ReadonlyMap<number, readonly Part[]>, listed?: ReadonlyMap<number, readonly Part[]>): void {
    for (const part of [...segments.values()].flat()) {
      const key = keyOf(part.url, part.byteRange);
      if (!listed?.get(part.mediaSequence)?.includes(part) && this.#byKey.get(key) === part) this.#byKey.delete(key);
    }
  }
}

/** Base64url as hex digits. */
const hexOf = (text: string): string => hexOfBinary(atob(text.replaceAll('-', '+').replaceAll('_', '/')));

/** Where a part lies in its segment, bytes; undefined where that cannot be told. */
export function offsetIn(
  parts: readonly Part[],
  part: Part,
  segment: { readonly url: string; readonly range: ByteRange | undefined },
): number | undefined {
  if (part.byteRange && part.url === segment.url) return part.byteRange.offset - (segment.range?.offset ?? 0);
  let at = 0;
  for (const before of parts) {
    if (before === part) return at;
    if (before.length === undefined) return undefined;
    at += before.length;
  }
  return undefined;
}

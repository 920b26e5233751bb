import { addedQuery } from '@live-torrent/sw-proxy/protocol';
import type { Link } from '../mesh/link.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistCatalog, PlaylistState } from '../playlists/playlist-catalog.js';
import type { LinkRate } from '../segment/link-rate.js';
import {
  LINK_BUSY_MS,
  LIVE_AHEAD,
  ladderSlack,
  leaves,
  MAX_SLACK_MS,
  maxSlack,
  neededAt,
  noteRequest,
  type SegmentStates,
  upcoming,
} from './demand.js';
import type { Playback } from './playback.js';
import { SAFETY_MARGIN_MS } from './policy.js';

/**
 * Where a player measures a transfer itself, viewers may take as long as the link would, or else this part of the time in which the bytes are
 * played at the bandwidth of the best rendition: what is slower is a slow link for it, which it leaves the rendition for, or never gets to it.
 */
const MEASURED_SHARE = 0.5;

/** What is asked of a segment. */
export interface Needed {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  readonly missing: number;
  /** ms. */
  readonly duration: number;
  readonly complete: boolean;
}

export interface NeedsEnvironment<S> {
  readonly now: () => number;
  readonly playback: Playback;
  /** What the viewer's link carries. */
  readonly link: LinkRate;
  readonly segment: (infoHash: string) => S | undefined;
  /** Segments that the player waits for. */
  readonly awaited: ReadonlyMap<string, unknown>;
  /** Whether only other viewers named it yet. */
  readonly isHinted: (segment: S) => boolean;
  readonly links: () => ReadonlyMap<string, Pick<Link, 'has' | 'fetching' | 'receiving'>>;
  /** Viewers of the stream. */
  readonly viewers: () => number;
  readonly catalog: Pick<PlaylistCatalog, 'playlists' | 'variants' | 'isLadder' | 'isMuxed'>;
}

/** When the player needs which segment, of all playlists that list one. */
export class Needs<S extends Needed> {
  readonly #playlists = new Map<string, PlaylistState>();
  /** Since when a player waits for a segment that measures the transfer itself, ms. */
  readonly #measuredSince = new Map<string, number>();
  readonly #states: SegmentStates = {
    isHere: (infoHash) => this.environment.segment(infoHash)?.complete ?? false,
    isAwaited: (infoHash) => this.environment.awaited.has(infoHash),
    fetchMs: ({ infoHash, length }) => this.#fetchMs(this.environment.segment(infoHash)?.missing ?? length),
  };

  constructor(private readonly environment: NeedsEnvironment<S>) {}

  /** The playlist that listed it last. */
  playlistOf(infoHash: string): PlaylistState | undefined {
    return this.#playlists.get(infoHash);
  }

  list(infoHash: string, playlist: PlaylistState): void {
    this.#playlists.set(infoHash, playlist);
  }

  forget(infoHash: string): void {
    this.#playlists.delete(infoHash);
    this.#measuredSince.delete(infoHash);
  }

  /**
   * The player asks for a segment of `playlist`.
   * @param measured whether it measures the transfer itself
   * @returns whether a segment is of a rendition that it left, and not waited for
   */
  requested(listed: ListedSegment, playlist: PlaylistState, measured = false): (segment: S) => boolean {
    const { requested } = playlist;
    const { playback, now, catalog } = this.environment;
    if (measured && !this.#measuredSince.has(listed.infoHash)) this.#measuredSince.set(listed.infoHash, now());
    noteRequest(playlist, listed, playback, now());
    const left = leaves(playlist, requested, catalog.playlists, catalog.isMuxed, this.#states);
    for (const other of left) other.requested = undefined;
    return ({ infoHash }) => {
      const of = this.#playlists.get(infoHash);
      // What is only hinted at follows what was played until now.
      return left.length > 0 && (!of || left.includes(of)) && !this.#states.isAwaited(infoHash);
    };
  }

  /** What the player will ask a playlist for next. */
  upcoming(playlist: PlaylistState): readonly ListedSegment[] {
    return upcoming(playlist, this.environment.now(), this.#states.isHere);
  }

  /** When the player needs a segment, ms; undefined when it is not wanted now. */
  at(segment: S, now: number): number | undefined {
    if (segment.complete) return undefined;
    const left = this.environment.playback.left(now);
    if (this.#states.isAwaited(segment.infoHash)) return now + left;
    if (this.environment.isHinted(segment)) return this.#isBusy() ? undefined : now + left + MAX_SLACK_MS;
    const playlist = this.#playlists.get(segment.infoHash);
    return playlist && neededAt(playlist, segment.infoHash, now, left, this.#states);
  }

  /**
   * When the origin would have to be asked for all of it to be through as long before the player needs it as that takes: hls.js gives a segment up
   * when what is buffered lasts no longer than the rest of it, at the pace until then. What viewers gave of it does not put that off: each segment
   * that comes slower than it plays would leave less for the next.
   */
  askBy(segment: S, now: number): number | undefined {
    const at = this.at(segment, now);
    return at === undefined ? undefined : at - Math.min(segment.duration, 2 * this.#fetchMs(segment.length));
  }

  /** How long viewers may still give what the origin has failed to, ms. */
  patience(segment: S, now: number): number {
    const askBy = this.askBy(segment, now);
    if (askBy === undefined || this.environment.links().size === 0 || !this.asksLinks(segment)) return 0;
    return Math.max(0, Math.min(this.maxSlack(segment), askBy - SAFETY_MARGIN_MS - now));
  }

  /**
   * When the last of it has to be here for viewers to be worth waiting for, ms; or the first, which the rest needs the link's time to follow.
   * @param askBy see above
   * @param begun whether they gave some
   */
  arriveBy(segment: S, askBy: number, begun: boolean): number {
    const last = this.#measuredBy(segment);
    return Math.min(askBy, last - (begun ? 0 : this.#fetchMs(segment.length)) + SAFETY_MARGIN_MS);
  }

  /**
   * Whether links are asked for it at all: a player that measures waits for none where the link itself takes all the time they might, and what
   * they send would be in the way of the origin's bytes.
   */
  asksLinks(segment: S): boolean {
    if (!this.#measures) return true;
    return this.#fetchMs(segment.length) <= this.#easyMs(segment);
  }

  /** Whether its parts may come in any order: a player that measures the transfer itself is given the first ones while the others come. */
  splits({ infoHash }: S): boolean {
    return !this.#measuredSince.has(infoHash);
  }

  /** Longest slack to be used, ms: no more than the link leaves until the player asks for the segment after it. */
  maxSlack(segment: S): number {
    const { infoHash, duration, length } = segment;
    const { now, playback, catalog, viewers } = this.environment;
    const fetchMs = this.#fetchMs(length);
    const playlist = this.#playlists.get(infoHash);
    if (playlist?.live && this.#isAlone(playlist, infoHash)) return 0;
    return Math.min(
      maxSlack(playlist, infoHash, () => playback.left(now())),
      duration - fetchMs,
      Math.max(0, this.#measuredBy(segment) - fetchMs - now()),
      catalog.isLadder ? ladderSlack(viewers()) : MAX_SLACK_MS,
    );
  }

  /** Whether the player chooses renditions by how long it sees their segments come. */
  get #measures(): boolean {
    return this.#measuredSince.size > 0 && this.environment.catalog.isLadder;
  }

  /** When the last of it has to be here for a player that measures the transfer not to take it for slow, ms. */
  #measuredBy(segment: S): number {
    if (!this.#measures) return Number.POSITIVE_INFINITY;
    const since = this.#measuredSince.get(segment.infoHash) ?? this.environment.now();
    return since + Math.max(this.#fetchMs(segment.length), this.#easyMs(segment));
  }

  /** How long it may take without any player taking that for slow, ms. */
  #easyMs({ infoHash, length, duration }: S): number {
    const { variants } = this.environment.catalog;
    const url = this.#playlists.get(infoHash)?.url ?? '';
    const best = Math.max(...variants.map(({ bandwidth }) => bandwidth));
    // What is played beside a variant moves no player to another one.
    return (
      MEASURED_SHARE * (variants.some((variant) => addedQuery(variant.url, url)) ? (8_000 * length) / best : duration)
    );
  }

  /** Whether no link plays this rendition: has, fetches or receives a segment, or one of those before it. */
  #isAlone({ segments }: PlaylistState, infoHash: string): boolean {
    const end = segments.findIndex((listed) => listed.infoHash === infoHash) + 1;
    const near = segments.slice(Math.max(0, end - LIVE_AHEAD), end);
    for (const { has, fetching, receiving } of this.environment.links().values()) {
      if (near.some(({ infoHash: h }) => has.has(h) || fetching.has(h) || receiving.has(h))) return false;
    }
    return true;
  }

  /** Whether the origin is asked for it: what a player of video on demand has not asked for yet comes from viewers only. */
  asksOrigin({ infoHash }: S): boolean {
    return this.#states.isAwaited(infoHash) || this.#playlists.get(infoHash)?.live !== false;
  }

  #fetchMs(bytes: number): number {
    return this.environment.link.fetchMs(bytes);
  }

  /** Whether the player waits for more than the link carries in a moment. */
  #isBusy(): boolean {
    let missing = 0;
    for (const infoHash of this.environment.awaited.keys()) missing += this.environment.segment(infoHash)?.missing ?? 0;
    return this.#fetchMs(missing) > LINK_BUSY_MS;
  }
}

import { addedQuery } from '@live-torrent/sw-proxy/protocol';
import type { Link } from '../mesh/link.js';
import type { ListedSegment } from '../playlists/listed-segment.js';
import type { PlaylistCatalog, PlaylistState } from '../playlists/playlist-catalog.js';
import type { LinkRate, Told } from '../segment/link-rate.js';
import {
  LINK_BUSY_MS,
  LIVE_AHEAD,
  leaves,
  MAX_SLACK_MS,
  maxSlack,
  neededAt,
  noteRequest,
  playedAt,
  replaced,
  type SegmentStates,
  upcoming,
} from './demand.js';
import type { Playback } from './playback.js';
import { SAFETY_MARGIN_MS } from './policy.js';

/** What a player that chooses renditions by how long it waits may wait for viewers, once it has asked, ms. */
const ASKED_SLACK_MS = 1_000;

/**
 * Where a player measures transfers itself, and the link takes more than this part of the time in which the bytes are played at the bandwidth of the
 * best rendition, viewers are asked for nothing that it knows of: whatever they do is slow for that player, which leaves the rendition, or never gets
 * to it. What its playlists did not tell it of yet they bring before.
 */
const MEASURED_SHARE = 0.5;

/**
 * On a link that takes long for a segment, viewers are asked where they would bring it in this part of its duration, each at its best: where they are
 * slower, as with narrow uplinks or loss, what they send is in the way of the origin's bytes and mostly comes too late.
 */
const BROUGHT_IN = 0.8;

/** A line takes long for a segment where that is this part of its duration. */
const SHORT = 0.5;

/** What a link that plays a rendition has of it. */
const STATES = ['has', 'fetching', 'receiving', 'asked'] as const;
type LinkStates = Pick<Link, (typeof STATES)[number] | 'throughput'>;

/** What is asked of a segment. */
export interface Needed {
  readonly infoHash: string;
  /** Bytes. */
  readonly length: number;
  readonly missing: number;
  /** ms. */
  readonly duration: number;
  readonly complete: boolean;
  /** The origin gives it. */
  readonly fetching: boolean;
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
  readonly links: () => ReadonlyMap<string, LinkStates>;
  readonly catalog: Pick<PlaylistCatalog, 'playlists' | 'variants' | 'isLadder' | 'isMuxed'>;
}

/** When the player needs which segment, of all playlists that list one. */
export class Needs<S extends Needed> {
  readonly #playlists = new Map<string, PlaylistState>();
  /** The player measures transfers itself. */
  #measured = false;
  readonly #states: SegmentStates = {
    isHere: (infoHash) => this.environment.segment(infoHash)?.complete ?? false,
    isAwaited: (infoHash) => this.environment.awaited.has(infoHash),
    fetchMs: ({ infoHash, length }) => {
      const segment = this.environment.segment(infoHash);
      // The origin's first answer shows what the link carries.
      if (segment?.fetching && this.environment.link.shown === 0) return Number.POSITIVE_INFINITY;
      return this.#fetchMs(segment?.missing ?? length);
    },
  };

  constructor(private readonly environment: NeedsEnvironment<S>) {}

  /** The player that is told of a segment which lasts so many ms. */
  told(duration: number): Told {
    const { playback, now } = this.environment;
    return { isLow: playback.isLow(duration, now()), isPaced: this.#measured };
  }

  /** The playlist that listed it last. */
  playlistOf(infoHash: string): PlaylistState | undefined {
    return this.#playlists.get(infoHash);
  }

  list(infoHash: string, playlist: PlaylistState): void {
    this.#playlists.set(infoHash, playlist);
  }

  forget(infoHash: string): void {
    this.#playlists.delete(infoHash);
  }

  /**
   * The player asks for a segment of `playlist`.
   * @param measured whether it measures the transfer itself
   * @returns whether a segment is of a rendition that it left, and not waited for
   */
  requested(listed: ListedSegment, playlist: PlaylistState, measured = false): (segment: S) => boolean {
    const { requested } = playlist;
    const { playback, now, catalog } = this.environment;
    this.#measured = measured;
    // Where the line takes long for this one, it is left the moment in which that counts: a link may come, and bring it.
    if (this.#isVariant(playlist) && this.#fetchMs(listed.length) < SHORT * listed.duration) {
      const variants = [...catalog.playlists].filter((one) => this.#isVariant(one));
      const unplayed = replaced(playlist, listed, variants, this.#states);
      if (unplayed) playback.discarded(unplayed.duration);
    }
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
   * How long before the player needs it the origin has to be asked, ms, for the rest to be through as long before that as the link takes for all of it: hls.js
   * gives a segment up when what is buffered lasts no longer than the rest of it, at the pace until then, and through the worker it takes that long again.
   */
  askAhead({ duration, length, missing }: S): number {
    return Math.min(duration, this.#fetchMs(length) + this.#fetchMs(missing));
  }

  /** How long viewers may still give what the origin has failed to, ms. */
  patience(segment: S, now: number): number {
    const at = this.at(segment, now);
    if (at === undefined || this.environment.links().size === 0 || !this.asksLinks(segment)) return 0;
    return Math.max(0, Math.min(this.#slack(segment), at - this.askAhead(segment) - SAFETY_MARGIN_MS - now));
  }

  /** Whether links are asked for it at all: what they send would be in the way of the origin's bytes. */
  asksLinks(segment: Pick<S, 'infoHash' | 'length' | 'duration'>): boolean {
    const { infoHash, length, duration } = segment;
    if (this.isNarrow(segment) && !this.#canBring(length, duration)) return false;
    if (!this.#isMeasured(infoHash)) return true;
    const best = Math.max(...this.environment.catalog.variants.map(({ bandwidth }) => bandwidth));
    return this.#fetchMs(best / 8_000) <= MEASURED_SHARE;
  }

  /** Whether it may be left to others to fetch it. On demand each viewer plays another part: there they are waited for as long as the buffer allows. */
  leavesToOthers({ infoHash }: Pick<S, 'infoHash'>): boolean {
    return !this.#playlists.get(infoHash)?.live || !this.#isMeasured(infoHash);
  }

  /** Whether the player may ask for it at any time, and chooses its rendition by how long it waits: waits for viewers are a slow line for it. */
  #isMeasured(infoHash: string): boolean {
    const playlist = this.#playlists.get(infoHash);
    // What is played beside a variant moves no player to another one.
    return this.#measured && playlist !== undefined && this.#isVariant(playlist) && this.#isTold(infoHash);
  }

  /** Whether a player plays this one or another one. */
  #isVariant({ url }: Pick<PlaylistState, 'url'>): boolean {
    const { isLadder, variants } = this.environment.catalog;
    return isLadder && variants.some((variant) => addedQuery(variant.url, url));
  }

  /** Whether the player knows of it, and may ask for it at any time. */
  #isTold(infoHash: string): boolean {
    const playlist = this.#playlists.get(infoHash);
    if (!playlist) return false;
    const { told = Number.POSITIVE_INFINITY, segments } = playlist;
    return !segments.slice(-LIVE_AHEAD).some((listed) => listed.infoHash === infoHash && listed.mediaSequence > told);
  }

  /** Whether links would bring all of a segment in `BROUGHT_IN` of its duration, if each gave as fast as it did at best. */
  #canBring(length: number, duration: number): boolean {
    const now = this.environment.now();
    const best = [...this.environment.links().values()].map(({ throughput }) => throughput.bestAt(now));
    // One that was not asked of late may be fast.
    return best.includes(0) || (best.reduce((sum, rate) => sum + rate, 0) * BROUGHT_IN * duration) / 1_000 >= length;
  }

  /** Whether the viewer's link takes long for it. */
  isNarrow({ length }: Pick<Needed, 'length'>): boolean {
    return this.#fetchMs(length) > LINK_BUSY_MS;
  }

  /** How long the origin would take for what is missing, ms. */
  originMs({ missing }: Pick<S, 'missing'>): number {
    return this.#fetchMs(missing);
  }

  /** When the player has to be told of a segment that is not here, ms. */
  tellBy(listed: ListedSegment, playlist: PlaylistState): number {
    const { now, playback } = this.environment;
    const at = playedAt(playlist, listed, now(), playback.left(now()), this.#states);
    return at - this.#fetchMs(listed.length) - SAFETY_MARGIN_MS;
  }

  /** Longest slack to be used, ms; none where it is not left to others. */
  maxSlack(segment: S): number {
    return this.leavesToOthers(segment) ? this.#slack(segment) : 0;
  }

  #slack({ infoHash }: S): number {
    const { now, playback, catalog } = this.environment;
    const playlist = this.#playlists.get(infoHash);
    if (playlist?.live && this.#isAlone(playlist, infoHash)) return 0;
    return Math.min(
      maxSlack(playlist, infoHash, () => playback.left(now())),
      catalog.isLadder && this.#states.isAwaited(infoHash) ? ASKED_SLACK_MS : MAX_SLACK_MS,
    );
  }

  /** Whether no link plays this rendition: has, fetches, receives or asked for a segment, or one of those before it. */
  #isAlone({ segments }: PlaylistState, infoHash: string): boolean {
    const end = segments.findIndex((listed) => listed.infoHash === infoHash) + 1;
    const near = segments.slice(Math.max(0, end - LIVE_AHEAD), end);
    const plays = (link: LinkStates): boolean =>
      near.some(({ infoHash }) => STATES.some((state) => link[state].has(infoHash)));
    return ![...this.environment.links().values()].some(plays);
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

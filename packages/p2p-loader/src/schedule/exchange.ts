import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import type { SegmentStream } from '../mesh/segment-stream.js';
import { MAX_SESSIONS } from './fair-share.js';

/** Links asked for one segment at a time: one, and another when that has not brought all of it in time. */
export const MAX_SOURCES = 2;
/** In time, ms: bytes that come from one viewer cost both sides less than those that come from two. */
export const HEDGE_MS = 300;
/** A link that had no room is asked again after this, ms. */
export const BUSY_MS = 250;
/** An unanswered `want` is forgotten after this, ms; a source that gives nothing is not left earlier. */
export const ASK_TIMEOUT_MS = 1_000;
/** Who gives or takes one segment, and who was asked for it. Times are ms, keys are links' ids. */
export interface Exchange {
  readonly streams: Map<string, SegmentStream>;
  /** Links that it is asked of. */
  readonly sources: Set<string>;
  /** `want` sent, by link: when. */
  readonly asked: Map<string, number>;
  /** Links that had no room, until when. */
  readonly busy: Map<string, number>;
  /** Links that were hoped for once: one that promises and gives nothing holds nobody back again. */
  readonly hoped: Set<string>;
  /** Sources: since when they are asked. */
  readonly begun: Map<string, number>;
  /** When links said first that they have all of it. */
  readonly whole: Map<string, number>;
  /** Links that gave some of it. */
  readonly gave: Set<string>;
  /** When the first of all was asked, ms. */
  askedAt?: number;
  /** Links that were too slow for this segment: they are asked for nothing more of it. */
  readonly left: Set<string>;
}

export const newExchange = (): Exchange => ({
  streams: new Map(),
  sources: new Set(),
  asked: new Map(),
  busy: new Map(),
  hoped: new Set(),
  begun: new Map(),
  whole: new Map(),
  gave: new Set(),
  left: new Set(),
});

/**
 * How many more links may be asked for it now.
 * @param isNarrow the viewer's link takes long for it: all are asked at once
 * @param now ms
 */
export function roomIn({ asked, askedAt, sources, streams }: Exchange, isNarrow: boolean, now: number): number {
  if (isNarrow) return MAX_SESSIONS - streams.size - asked.size;
  const allowed = now - (askedAt ?? now) < HEDGE_MS ? 1 : MAX_SOURCES;
  return streams.size < MAX_SESSIONS ? allowed - sources.size - asked.size : 0;
}

/** What those who exchange segments see of the schedule and the mesh. */
export interface ExchangesEnvironment<S> {
  readonly peerId: string;
  readonly links: () => ReadonlyMap<string, Link>;
  /** Whether a link is asked in the origin's place only. Default: no. */
  readonly standsIn?: (link: Link) => boolean;
  readonly segment: (infoHash: string) => S | undefined;
  readonly now: () => number;
  readonly random: () => number;
  readonly swarmSize: () => number;
  /** This viewer is a helper: it gives to as many as ask. Default: no. */
  readonly helper?: boolean;
  /** Whether one more viewer can be given to. Default: yes. */
  readonly gives?: () => boolean;
  /** Whether links are asked for it. Default: yes. */
  readonly asksLinks?: (segment: S) => boolean;
  /** Whether the viewer's link takes long for it. Default: no. */
  readonly isNarrow?: (segment: S) => boolean;
  /** A source was found or began: bytes may come soon. */
  onHope(segment: S): void;
  /** Something ended; other sources may be asked now. */
  onChange(segment: S): void;
}

/** Who exchanges which segment with whom. */
export interface Exchanges<S> {
  /** @param neededAt when the player needs it, ms */
  connect(segment: S, neededAt: number): void;
  /** Asks one of those who stand in for the origin, each once; whether there was one. */
  askStandIn?(segment: S, neededAt: number): boolean;
  /** How many more links may be asked for it now. */
  room(segment: S): number;
  receive(link: Link, message: ControlMessage): void;
  completed(segment: S): void;
  /** A link gave some of it. */
  gave?(segment: S, link: string): void;
  /** The link has nothing of it after all: its place is for another. */
  leave?(segment: S, link: Link): void;
  forget(infoHash: string): void;
}

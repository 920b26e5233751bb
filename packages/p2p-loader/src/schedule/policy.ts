import { stallBound } from '../segment/silence.js';
import { drawnFrom, type Place } from './places.js';

/**
 * Who goes to the origin, and when: pure functions over plain values, the same in the loader, the unit tests and the
 * simulator. Times are ms on one clock; a segment's slack is the time until its player needs it, less a margin.
 */

/** Kept between the origin being asked at the latest and the player needing the segment, ms. */
export const SAFETY_MARGIN_MS = 1_000;
/** An announcement that was passed on is believed for this long without bytes, ms. */
export const ANNOUNCEMENT_LIFE_MS = 1_000;
/** A link that says it fetches tells of some of the segment after this, or its word counts for nothing, ms. */
export const WORD_LIFE_MS = 700;
/** The same for a link that gave bytes since it was last found out, ms: its origin may just be slow. */
export const TRUSTED_WORD_LIFE_MS = 2_000;
/** What an announcement is believed longer for each viewer that passed it on, since bytes take longer than words, ms. */
export const RELAY_LIFE_MS = 500;
/** The part of its slack that announcements without bytes hold a viewer back at most, counted from the first one. */
export const ANNOUNCED_SHARE = 0.8;
/** The part of the slack left over which those who found out a lie draw anew. */
const DOUBTER_SHARE = 0.3;
/** An announcement is passed on this often at most: enough for any mesh of `MAX_SWARM`. */
export const MAX_RELAYS = 8;
/** A link whose announcements came to nothing this often no longer holds anybody back. */
export const MAX_STRIKES = 2;
/** Bytes may take this part of the slack to come after word of their fetch; where they take longer, timers end earlier. */
const DELIVERY_SHARE = 0.6;
/** How much earlier, ms for each ms that they take longer than that. */
const HURRY = 2;
/** The part of the slack over which a first timer is drawn at least. */
const MIN_ROOM = 0.2;
/** Who says that it will fetch listens for others who say so for this long before it does, ms: to its word's way to them and theirs back. */
export const LISTEN_MS = 300;
/** Only where so much slack is left, ms: else the bytes need the time. */
const MIN_LISTENING_SLACK_MS = 3_000;
/** Among more viewers than these some are more than two links away, and the word takes longer: nobody listens. */
const MAX_LISTENERS = 200;
/** Of those who share a line, so many may fetch at a time: what comes through it from one of them is so much slower than the line. */
const SHARERS = 3;
/** No viewer count above this is believed. */
export const MAX_SWARM = 1_000_000;

/** λ of timers that as many viewers draw. */
export const timerLambda = (viewers: number): number => Math.log(Math.max(1, Math.min(viewers, MAX_SWARM))) + 1;

/**
 * Truncated exponential timers (Nonnenmacher & Biersack, IEEE/ACM ToN 1999): few fire early, so that those who hear of
 * them stay quiet, and all fire within the slack.
 * @param slack ms, how long may be waited at most
 * @param viewers how many draw
 * @param u uniform in [0, 1)
 * @returns ms from now, in [0, slack]
 */
export function drawTimer(slack: number, viewers: number, u: number): number {
  if (!(slack > 0)) return 0;
  const lambda = timerLambda(viewers);
  return (slack / lambda) * Math.log1p(u * Math.expm1(lambda));
}

/** That somebody fetches a segment from the origin, as a viewer heard it. */
export interface Claim {
  /** When it was heard, or when the fetch begins where that is later, ms. */
  readonly heardAt: number;
  /** How many viewers passed it on. */
  readonly relays: number;
  /** The fetcher is a link that gave bytes before. */
  readonly trusted: boolean;
}

/** For how long a claim that no bytes follow is believed, ms: bytes reach those who are far from the fetcher later. */
export function claimLife({ relays, trusted }: Pick<Claim, 'relays' | 'trusted'>): number {
  if (relays > 0) return ANNOUNCEMENT_LIFE_MS + RELAY_LIFE_MS * relays;
  return trusted ? TRUSTED_WORD_LIFE_MS : WORD_LIFE_MS;
}

/**
 * When claims without bytes hold nobody back any more, ms: what is left must do for timers that spread those who were.
 * @param firstAt when the first was heard
 */
export function claimsEnd(view: Pick<View, 'neededAt' | 'maxSlack'>, firstAt: number): number {
  const slack = Math.min(view.maxSlack, view.neededAt - SAFETY_MARGIN_MS - firstAt);
  return firstAt + ANNOUNCED_SHARE * Math.max(0, slack);
}

/** What one viewer knows of one segment that it wants. */
export interface View {
  readonly now: number;
  /** When the origin has to have been asked, plus `SAFETY_MARGIN_MS`. */
  readonly neededAt: number;
  /** When the player runs dry without it: what viewers bring until then is in time. Default: `neededAt`. */
  readonly dueAt?: number;
  /** Longest slack that is used, ms: more would only drain buffers. */
  readonly maxSlack: number;
  /** The segment's duration, ms. */
  readonly duration: number;
  /** Viewers of the stream. */
  readonly viewers: number;
  /**
   * Its place among the viewers that it knows of: their first timers are drawn apart. Those who draw anew do it by chance, since they are not all, but
   * those whose turn was early. Default: it knows of nobody.
   */
  readonly place?: Place | undefined;
  /** How long bytes lately took to come after word of their fetch, ms. Default 0. */
  readonly delivery?: number;
  /** Open links. */
  readonly links: number;
  /** Links may still come: the mesh was joined a moment ago. */
  readonly joining: boolean;
  /**
   * When a link told of it, before the own playlist did: unless somebody fetches it, its timer begins then, or who reloads first would fetch
   * everything. Default: now.
   */
  readonly hintedAt?: number | undefined;
  /** When the timer that runs now ends; undefined when none was drawn yet. */
  readonly timerAt: number | undefined;
  /** When it said that it will fetch; undefined: it did not. */
  readonly announcedAt?: number | undefined;
  /** Somebody who goes first where two say so fetches it, too. Default: no. */
  readonly yields?: boolean;
  /** Until when claims hold it back that somebody fetches the segment; undefined when there were none. */
  readonly heldUntil: number | undefined;
  /** A link said that it fetches and has nothing, or viewers give too slowly: who notices are few, and late for the rest if they wait. Default: no. */
  readonly doubts?: boolean;
  /** When a peer last gave bytes, or was last asked by a session that has just begun. */
  readonly lastByteAt: number | undefined;
  /** Bytes a second that peers give now, and bytes that are missing. */
  readonly peerRate: number;
  readonly missing: number;
  /** How long the origin would take for those, ms. Default: not known. */
  readonly originMs?: number;
  /** Until when links' own word that they fetch it is believed, however little slack is left; undefined: none said so. */
  readonly wordUntil?: number | undefined;
  /**
   * Somebody fetches it through the viewer's own line: to ask for it there once more would only make both slower. When bytes of it came
   * last, or it was wanted first, ms; undefined: nobody does.
   */
  readonly besideAt?: number | undefined;
  /** The part of the slack that passes before a first timer may end. Default 0. */
  readonly lag?: number;
}

export type Decision =
  /** To the origin, now. */
  | { readonly action: 'fetch' }
  /** Say that you will fetch, and wait. */
  | { readonly action: 'announce'; readonly until: number; readonly timerAt: number }
  /** Look again at `until`, or earlier when something changes; `timerAt` replaces the view's. */
  | { readonly action: 'wait'; readonly until: number; readonly timerAt: number | undefined };

/**
 * Decides for one viewer and one segment whether to ask the origin.
 * @param u uniform in [0, 1), used when a timer is drawn
 */
export function decide(view: View, u: number): Decision {
  const { now, dueAt = view.neededAt } = view;
  const deadline = view.neededAt - SAFETY_MARGIN_MS;
  const flowing = view.lastByteAt !== undefined && now - view.lastByteAt < stallBound(view.duration);
  const done = view.peerRate > 0 ? now + (1000 * view.missing) / view.peerRate : Number.POSITIVE_INFINITY;
  const whileItFlows: Decision = { action: 'wait', until: Math.min(now + 100, done), timerAt: view.timerAt };
  if (flowing && isAsFast(view)) return whileItFlows;
  const dryAt = dueAt - SAFETY_MARGIN_MS / 2;
  const besideUntil = besideEnd(view, dryAt);
  if (besideUntil > now) return { action: 'wait', until: besideUntil, timerAt: view.timerAt };
  const { wordUntil = now, originMs = 0 } = view;
  if (wordUntil > now && originMs > 2 * WORD_LIFE_MS)
    return { action: 'wait', until: wordUntil, timerAt: view.timerAt };
  if (now >= deadline) {
    if (!flowing || done >= dryAt) return { action: 'fetch' };
    return whileItFlows;
  }
  if (view.links === 0) {
    return view.joining ? { action: 'wait', until: deadline, timerAt: undefined } : { action: 'fetch' };
  }
  const slack = Math.min(deadline - now, view.maxSlack);
  if (view.timerAt === undefined) {
    const timerAt = view.doubts ? now + drawDoubter(view, slack, u) : Math.max(now, drawFirst(view, deadline, u));
    return { action: 'wait', until: timerAt, timerAt };
  }
  if (now < view.timerAt) return { action: 'wait', until: Math.min(view.timerAt, deadline), timerAt: view.timerAt };
  const heldUntil = view.heldUntil ?? now;
  const isItsTurn = view.announcedAt !== undefined && !view.yields && !(flowing && view.peerRate > 0);
  if (isItsTurn || (!flowing && heldUntil <= now)) {
    const until = now + listenMs(view, slack);
    return until > now ? { action: 'announce', until, timerAt: until } : { action: 'fetch' };
  }
  // Held back. Were that to lapse, all who were held back would go at once: each draws anew over what is left.
  const lapse = Math.max(now, heldUntil, flowing ? (view.lastByteAt ?? now) + stallBound(view.duration) : now);
  const left = Math.min(deadline - lapse, view.maxSlack);
  const timerAt = Math.min(deadline, lapse + drawTimer(left, view.viewers, u));
  return { action: 'wait', until: Math.min(timerAt, deadline), timerAt };
}

/**
 * Whether viewers give what is missing as fast as the origin would. Who shares a line with those that fetch takes of what they have, and on a line of
 * its own that is full it gains nothing.
 */
export const isAsFast = ({
  peerRate,
  missing,
  originMs = 0,
}: Pick<View, 'peerRate' | 'missing' | 'originMs'>): boolean => peerRate > 0 && 1000 * missing <= peerRate * originMs;

/** Until when it is left to who fetches it through the same line, ms. */
function besideEnd({ besideAt, duration, peerRate, missing, originMs = 0 }: View, dryAt: number): number {
  if (besideAt === undefined) return Number.NEGATIVE_INFINITY;
  const isSlow = peerRate > 0 && !isAsFast({ peerRate, missing, originMs: SHARERS * originMs });
  return isSlow ? dryAt : Math.max(dryAt, besideAt + stallBound(duration));
}

/** Two whose timers end at the same time would both fetch. Who heard of a fetch that came to nothing has waited enough. */
function listenMs({ announcedAt, heldUntil, lastByteAt, doubts, viewers }: View, slack: number): number {
  if (doubts || (announcedAt ?? heldUntil ?? lastByteAt) !== undefined) return 0;
  return viewers > MAX_LISTENERS || slack < MIN_LISTENING_SLACK_MS ? 0 : LISTEN_MS;
}

/** When it ends. As many fire in each moment as of timers over the whole slack, in a mesh of so many fewer as the room is less. */
function drawFirst(view: View, deadline: number, u: number): number {
  // Whose fetch is known has its time, however late the own playlist names the segment: bytes may be slow.
  const from = view.heldUntil === undefined ? (view.hintedAt ?? view.now) : view.now;
  const slack = Math.min(deadline - from, view.maxSlack);
  const late = Math.max(0, (view.delivery ?? 0) - DELIVERY_SHARE * slack);
  const room = Math.max(MIN_ROOM * slack, slack - HURRY * late);
  const turn = view.place ? drawnFrom(view.place, u) : u;
  const lag = Math.min(room, (view.lag ?? 0) * slack);
  return from + lag + drawTimer(room - lag, view.viewers ** (room / slack), turn);
}

/** Those who found out lies are about the square root of all, and at least the neighbours of one liar. */
function drawDoubter(view: View, slack: number, u: number): number {
  return drawTimer(DOUBTER_SHARE * slack, Math.max(view.links + 1, Math.sqrt(view.viewers)), u);
}

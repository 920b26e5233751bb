/**
 * Who goes to the origin, and when: pure functions over plain values, the same in the loader, the unit tests and the
 * simulator. Times are ms on one clock; a segment's slack is the time until its player needs it, less a margin.
 */

/** Kept between the origin being asked at the latest and the player needing the segment, ms. */
export const SAFETY_MARGIN_MS = 1_000;
/**
 * The part of its slack that announcements without bytes hold a viewer back, counted from the first one it heard: long
 * enough for bytes to cross a large mesh, and short enough that a timer over the rest spreads those whom liars held.
 */
export const ANNOUNCED_SHARE = 0.6;
/** A link that says it fetches a segment has told of some of it after this, or its word counts less, ms. */
export const ANNOUNCEMENT_LIFE_MS = 1_500;
/** A link whose announcements came to nothing this often no longer holds anybody back. */
export const MAX_STRIKES = 2;
/** The part of its slack that a viewer with the whole burden lets pass before its timer begins. */
const MAX_PAUSE = 0.7;
/** No viewer count above this is believed. */
export const MAX_SWARM = 1_000_000;

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
  const lambda = 0.85 * Math.log(Math.max(1, Math.min(viewers, MAX_SWARM))) + 1;
  return (slack / lambda) * Math.log1p(u * Math.expm1(lambda));
}

/** How long bytes may stay away before a peer is given up, ms: min(2 s, 40 % of the segment's duration). */
export function stallBound(segmentDuration: number): number {
  return Math.min(2_000, 0.4 * segmentDuration);
}

/**
 * Until when announcements without bytes hold a viewer back, ms; later announcements do not extend it.
 * @param announcedAt when the first was heard
 */
export function announcedUntil(view: Pick<View, 'neededAt' | 'maxSlack'>, announcedAt: number): number {
  const slack = Math.min(view.maxSlack, view.neededAt - SAFETY_MARGIN_MS - announcedAt);
  return announcedAt + ANNOUNCED_SHARE * Math.max(0, slack);
}

/** What one viewer knows of one segment that it wants. */
export interface View {
  readonly now: number;
  /** When the player needs it. */
  readonly neededAt: number;
  /** Longest slack that is used, ms: more would only drain buffers. */
  readonly maxSlack: number;
  /** The segment's duration, ms. */
  readonly duration: number;
  /** Viewers of the stream. */
  readonly viewers: number;
  /**
   * Which part of the last segments this viewer fetched for the others, beyond its share of them, 0 to 1. The one that
   * reloads the playlist first would fetch them all. Default 0.
   */
  readonly burden?: number;
  /** Open links. */
  readonly links: number;
  /** Links may still come: the mesh was joined a moment ago. */
  readonly joining: boolean;
  /** When the timer that runs now ends; undefined when none was drawn yet. */
  readonly timerAt: number | undefined;
  /** When a link that is believed first announced that somebody fetches it. */
  readonly announcedAt: number | undefined;
  /** When a peer last gave bytes, or was last asked by a session that has just begun. */
  readonly lastByteAt: number | undefined;
  /** Bytes a second that peers give now, and bytes that are missing. */
  readonly peerRate: number;
  readonly missing: number;
}

export type Decision =
  /** To the origin, now. */
  | { readonly action: 'fetch' }
  /** Look again at `until`, or earlier when something changes; `timerAt` replaces the view's. */
  | { readonly action: 'wait'; readonly until: number; readonly timerAt: number | undefined };

/**
 * Decides for one viewer and one segment whether to ask the origin.
 * @param u uniform in [0, 1), used when a timer is drawn
 */
export function decide(view: View, u: number): Decision {
  const { now } = view;
  const deadline = view.neededAt - SAFETY_MARGIN_MS;
  const flowing = view.lastByteAt !== undefined && now - view.lastByteAt < stallBound(view.duration);
  if (now >= deadline) {
    const done = view.peerRate > 0 ? now + (1000 * view.missing) / view.peerRate : Number.POSITIVE_INFINITY;
    if (!flowing || done >= view.neededAt - SAFETY_MARGIN_MS / 2) return { action: 'fetch' };
    return { action: 'wait', until: Math.min(now + 100, done), timerAt: view.timerAt };
  }
  if (view.links === 0) {
    return view.joining ? { action: 'wait', until: deadline, timerAt: undefined } : { action: 'fetch' };
  }
  const slack = Math.min(deadline - now, view.maxSlack);
  if (view.timerAt === undefined) {
    const pause = MAX_PAUSE * Math.min(1, view.burden ?? 0) * slack;
    const timerAt = now + pause + drawTimer(slack - pause, view.viewers, u);
    return { action: 'wait', until: timerAt, timerAt };
  }
  if (now < view.timerAt) return { action: 'wait', until: Math.min(view.timerAt, deadline), timerAt: view.timerAt };
  const heldUntil = view.announcedAt === undefined ? now : announcedUntil(view, view.announcedAt);
  if (!flowing && heldUntil <= now) return { action: 'fetch' };
  // Held back. Were that to lapse, all who were held back would go at once: each draws anew over what is left.
  const lapse = Math.max(now, heldUntil, flowing ? (view.lastByteAt ?? now) + stallBound(view.duration) : now);
  const left = Math.min(deadline - lapse, view.maxSlack);
  const timerAt = Math.min(deadline, lapse + drawTimer(left, view.viewers, u));
  return { action: 'wait', until: Math.min(timerAt, deadline), timerAt };
}

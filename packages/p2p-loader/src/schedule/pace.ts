import { stallBound } from '../segment/silence.js';
import type { Debt } from '../segment/viewer-wires.js';
import { SAFETY_MARGIN_MS } from './policy.js';

/**
 * Whether viewers give a segment fast enough, told from what they gave so far: pure functions over plain values. Times
 * are ms on one clock, rates bytes a second while something was asked of a viewer.
 */

/** What viewers gave of a segment so far. */
export interface Arrival {
  readonly now: number;
  /** When the player needs it. */
  readonly dueAt: number;
  /** The segment's duration, ms. */
  readonly duration: number;
  /** Bytes that are not here, and bytes that viewers gave. */
  readonly missing: number;
  readonly received: number;
  /** When the first of those arrived; undefined before. */
  readonly firstByteAt: number | undefined;
}

/** Bytes a second that viewers give; 0 before there is a span to tell it from. */
export function arrivalRate({ now, received, firstByteAt }: Arrival): number {
  return firstByteAt === undefined || now <= firstByteAt ? 0 : (1000 * received) / (now - firstByteAt);
}

/**
 * Whether all of it would be here a margin before the player needs it, if it went on as until now. What began a moment
 * ago is hoped for: half as long as silence is borne, and what has not begun until then.
 */
export function arrivesInTime(arrival: Arrival): boolean {
  const { now, dueAt, duration, missing, firstByteAt } = arrival;
  if (firstByteAt === undefined) return now <= dueAt - SAFETY_MARGIN_MS;
  if (now - firstByteAt < stallBound(duration) / 2) return true;
  return now + (1000 * missing) / arrivalRate(arrival) <= dueAt - SAFETY_MARGIN_MS;
}

/** One viewer that gives a segment, or could. */
export interface Giver extends Debt {
  /** Undefined for one that was never asked for anything. */
  readonly rate: number | undefined;
}

/** How the bytes that are missing may be had. */
export interface Need {
  readonly missing: number;
  /** Time until the origin would have to be asked. */
  readonly slack: number;
  /** The segment's duration, ms. */
  readonly duration: number;
}

/**
 * Whether a viewer is too slow for its part of what is missing.
 * @param sources viewers that share it
 */
export function isSlow({ rate }: Pick<Giver, 'rate'>, { missing, slack }: Need, sources: number): boolean {
  return rate !== undefined && slack > 0 && rate * slack * sources < 1000 * missing;
}

/**
 * Which givers are in the way: what they owe takes longer than silence is borne or than there is time for, and the
 * others have all of it, and would be done with everything before.
 */
export function inTheWay<G extends Giver>(givers: readonly G[], { missing, slack, duration }: Need): G[] {
  const bound = Math.min(stallBound(duration), Math.max(0, slack));
  const timeOf = (bytes: number, rate: number | undefined): number =>
    rate === undefined ? 0 : (1000 * bytes) / Math.max(1, rate);
  return givers.filter((giver) => {
    const own = timeOf(giver.owed, giver.rate);
    const others = givers.filter((other) => other !== giver && other.rate !== undefined);
    const rate = others.reduce((sum, other) => sum + (other.rate ?? 0), 0);
    return own > bound && others.length > 0 && timeOf(missing, rate) < own && !giver.alone;
  });
}

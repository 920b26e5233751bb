import { MAX_BAD_PIECES } from '../figures/accounting.js';
import type { Link } from '../mesh/link.js';
import type { SegmentGiver } from '../segment/viewer-wires.js';
import { type Exchange, MAX_SOURCES } from './exchange.js';
import { inTheWay, isSlow, type Need } from './pace.js';

/** Ranks below this are of links that have, fetch or receive a segment. */
const SLOW_RANK = 3;
/** What silent ones rank behind, and helpers behind all viewers. */
const SILENT_RANK = 2 * SLOW_RANK;
const HELPER_RANK = 2 * SILENT_RANK;

/**
 * The links that some of a segment can be had from, best first: fast enough before slow, and those that were silent when they were last asked
 * after them, helpers at the end; of each those that have it, fetch it, receive it; at random among equals.
 * @param random uniform in [0, 1)
 */
export function bestFirst(
  links: readonly Link[],
  infoHash: string,
  isSlow: (link: Link) => boolean,
  random: () => number,
): Link[] {
  const ranked: { link: Link; rank: number }[] = [];
  for (const link of links) {
    const rank = [link.has, link.fetching, link.receiving].findIndex((known) => known.has(infoHash));
    if (rank < 0) continue;
    ranked.push({
      link,
      rank:
        rank +
        (isSlow(link) ? SLOW_RANK : 0) +
        (link.silences > 0 ? SILENT_RANK : 0) +
        (link.helper ? HELPER_RANK : 0) +
        random(),
    });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ link }) => link);
}

/**
 * Whom a segment may be asked of now, best first.
 * @param now ms
 * @param random uniform in [0, 1)
 */
export function candidates(
  infoHash: string,
  { busy, streams, asked, left }: Exchange,
  links: Iterable<Link>,
  need: Need,
  now: number,
  random: () => number,
): Link[] {
  const free = [...links].filter(({ id, open, badPieces }) => {
    if (!open || badPieces >= MAX_BAD_PIECES || (busy.get(id) ?? 0) > now) return false;
    return !streams.has(id) && !asked.has(id) && !left.has(id);
  });
  const slow = ({ throughput }: Link): boolean => isSlow({ rate: throughput.rateAt(now) }, need, MAX_SOURCES);
  return bestFirst(free, infoHash, slow, random);
}

/**
 * Leaves one who would finish long after all others are done with everything: what it owes is asked of the others.
 * @param now ms
 */
export function leaveSlow(
  segment: { giver(peerId: string): SegmentGiver },
  { streams, left, sources }: Exchange,
  links: ReadonlyMap<string, Link>,
  need: Need,
  now: number,
): void {
  const asked = [...streams.keys()].filter((id) => !left.has(id));
  if (asked.length < 2) return;
  const givers = asked.map((id) =>
    Object.assign(segment.giver(id), { id, rate: links.get(id)?.throughput.rateAt(now) }),
  );
  // One at a time: two may have what the others lack.
  const [slow] = inTheWay(givers, need);
  if (!slow) return;
  left.add(slow.id);
  sources.delete(slow.id);
  slow.leave();
}

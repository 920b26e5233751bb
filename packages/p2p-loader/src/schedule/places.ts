import type { Link } from '../mesh/link.js';

/** Digits of an id that are compared: 32 bits. */
const DIGITS = 8;

const distance = (infoHash: string, id: string): number =>
  (Number.parseInt(id.slice(-DIGITS), 16) ^ Number.parseInt(infoHash.slice(-DIGITS), 16)) >>> 0;

/** Whether one viewer's place for a segment is before another's. */
export const isBefore = (infoHash: string, id: string, other: string): boolean =>
  distance(infoHash, id) < distance(infoHash, other);

/**
 * How many of the others come before a viewer where a segment's places are few: by the XOR of id and infohash (as in Kademlia, BEP 5),
 * so that all agree without a word, and on another order for each segment.
 * @param own its id, hexadecimal like the others'
 */
export function rankFor(infoHash: string, own: string, others: Iterable<string>): number {
  const mine = distance(infoHash, own);
  let rank = 0;
  for (const id of others) if (distance(infoHash, id) < mine) rank += 1;
  return rank;
}

/** A viewer's place among those that it knows of, for one segment. */
export interface Place {
  readonly rank: number;
  /** How many they are, itself among them. */
  readonly of: number;
}

/** @param links of the viewer: it knows of those at their other ends, and whom they are linked to */
export function placeFor(infoHash: string, own: string, links: Iterable<Pick<Link, 'id' | 'neighbours'>>): Place {
  const known = new Set([own]);
  for (const { id, neighbours } of links) {
    known.add(id);
    for (const neighbour of neighbours) known.add(neighbour);
  }
  return { rank: rankFor(infoHash, own, known), of: known.size };
}

/**
 * A number that is uniform in [0, 1) among all viewers, and apart from those of the viewers that this one knows of: whoever draws by it does not
 * draw the same as they.
 * @param u uniform in [0, 1)
 */
export const drawnFrom = ({ rank, of }: Place, u: number): number => (rank + u) / of;

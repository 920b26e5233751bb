/** Digits of an id that are compared: 32 bits. */
const DIGITS = 8;

/**
 * How many of the others come before a viewer where a segment's places are few: by the XOR of id and infohash (as in Kademlia, BEP 5),
 * so that all agree without a word, and on another order for each segment.
 * @param own its id, hexadecimal like the others'
 */
export function rankFor(infoHash: string, own: string, others: Iterable<string>): number {
  const key = Number.parseInt(infoHash.slice(-DIGITS), 16);
  const distance = (id: string): number => (Number.parseInt(id.slice(-DIGITS), 16) ^ key) >>> 0;
  const mine = distance(own);
  let rank = 0;
  for (const id of others) if (id !== own && distance(id) < mine) rank += 1;
  return rank;
}

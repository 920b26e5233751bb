import type { Link } from '../mesh/link.js';

/** Ranks below this are of links that have, fetch or receive a segment. */
const SLOW_RANK = 3;

/**
 * The links that some of a segment can be had from, best first: fast enough before slow, then those that have it, fetch it, receive it; at random
 * among equals.
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
    ranked.push({ link, rank: rank + (isSlow(link) ? SLOW_RANK : 0) + random() });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ link }) => link);
}

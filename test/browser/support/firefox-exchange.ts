import type { LoaderStats } from '../../../packages/p2p-loader/src/figures/stats.js';

type LinkBytes = 'downloadedBytes' | 'uploadedBytes';

/** Payload bytes so far over the links of `these` with any of `those`, as these count them. */
export function exchanged(these: readonly LoaderStats[], bytes: LinkBytes, those: readonly LoaderStats[]): number {
  const ids = new Set(those.map(({ peerId }) => peerId));
  return these
    .flatMap(({ peers }) => peers)
    .filter(({ id }) => ids.has(id))
    .reduce((sum, link) => sum + link[bytes], 0);
}

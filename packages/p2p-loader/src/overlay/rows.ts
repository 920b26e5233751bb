import type { LoaderStats, ShadowStats } from '../figures/stats.js';

/** A line of the overlay. */
export interface Row {
  readonly label: string;
  readonly value: string;
}

/** Links shown one by one. */
const MAX_LINKS = 8;

/** A number of bytes in words, powers of ten: `0 kB`, `48 kB`, `1.3 MB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 999_500) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 999_500_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const inAndOut = (taken: number, given: number): string => `${bytesInWords(taken)} in, ${bytesInWords(given)} out`;

/** Why viewers of one network may not find each other there. */
const LOCAL_NETWORK = {
  never: 'not used: localNetwork is never',
  denied: 'denied by the viewer or a policy',
  prompt: 'not allowed yet',
};

/** In shadow mode: what would have been. */
function shadowRows(shadow: ShadowStats | undefined): Row[] {
  if (!shadow) return [];
  const { peerBytes, originBytes, uploadedBytes } = shadow;
  const total = peerBytes + originBytes;
  const share = total > 0 ? ` (${Math.round((100 * peerBytes) / total)} %)` : '';
  return [
    { label: 'would come from peers', value: bytesInWords(peerBytes) + share },
    { label: 'would be given', value: bytesInWords(uploadedBytes) },
  ];
}

/**
 * What the overlay says.
 * @param before the stats of the look before
 * @param seconds between the two
 */
export function rowsOf(stats: LoaderStats, before: LoaderStats, seconds: number): Row[] {
  const { peerBytes, helperBytes, originBytes, segments, localNetwork } = stats;
  const helped = segments.fromHelpers > 0 ? `${segments.fromHelpers} helpers, ` : '';
  const failed = stats.failedLinks > 0 ? `, ${stats.failedLinks} failed` : '';
  const flow = (now: number, then: number): string => {
    const rate = seconds > 0 ? Math.max(0, now - then) / seconds : 0;
    return `${bytesInWords(now)}, ${bytesInWords(rate)}/s`;
  };
  const total = peerBytes + helperBytes + originBytes;
  const share = total > 0 ? ` (${Math.round((100 * peerBytes) / total)} %)` : '';
  const given = flow(stats.uploadedBytes, before.uploadedBytes);
  return [
    { label: 'P2P', value: stats.enabled ? 'on' : `off: ${stats.reason}` },
    { label: 'from peers', value: flow(peerBytes, before.peerBytes) + share },
    ...(helperBytes > 0 ? [{ label: 'from helpers', value: flow(helperBytes, before.helperBytes) }] : []),
    { label: 'from origin', value: `${flow(originBytes, before.originBytes)}, ${stats.originRequests} requests` },
    ...shadowRows(stats.shadow),
    { label: 'given', value: stats.uploadPaused ? `${given}, paused: ${stats.uploadPaused}` : given },
    {
      label: 'segments',
      value: `${segments.fromPeers} peers, ${helped}${segments.mixed} mixed, ${segments.fromOrigin} origin, ${segments.fromCache} cache`,
    },
    { label: 'in memory', value: `${bytesInWords(stats.cachedBytes)}, ${stats.torrents} torrents` },
    ...(stats.relayedPeerBytes + stats.relayedUploadedBytes > 0
      ? [{ label: 'of these relayed', value: inAndOut(stats.relayedPeerBytes, stats.relayedUploadedBytes) }]
      : []),
    { label: 'viewers', value: `${stats.swarmSize}, ${stats.links} linked${failed}` },
    ...(localNetwork === undefined || localNetwork === 'granted'
      ? []
      : [{ label: 'local network', value: LOCAL_NETWORK[localNetwork] }]),
    ...(stats.badPieces > 0 ? [{ label: 'bad pieces', value: String(stats.badPieces) }] : []),
    ...stats.peers.slice(0, MAX_LINKS).map(({ id, path, helper, downloadedBytes, uploadedBytes }) => ({
      label: id.slice(0, 8),
      value: inAndOut(downloadedBytes, uploadedBytes) + (path ? `, ${path}` : '') + (helper ? ', helper' : ''),
    })),
  ];
}

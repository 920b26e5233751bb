import type { Mesh } from '../mesh/mesh.js';
import type { SegmentLibrary } from '../segment/segment-library.js';
import type { LoaderStats } from './stats.js';

/** What a mesh adds, while there is one. */
export function meshStats(
  mesh: Mesh | undefined,
): Pick<LoaderStats, 'links' | 'failedLinks' | 'localNetwork' | 'swarmSize' | 'trackerMessages' | 'peers'> {
  return {
    links: mesh?.links.size ?? 0,
    failedLinks: mesh?.failedLinks ?? 0,
    localNetwork: mesh?.localNetwork,
    swarmSize: mesh?.swarmSize ?? 0,
    trackerMessages: mesh?.trackerMessages ?? 0,
    peers: [...(mesh?.links.values() ?? [])].map(
      ({ id, path, downloadedBytes, uploadedBytes, throughput: { rate } }) => ({
        id,
        path,
        downloadedBytes: Math.round(downloadedBytes),
        uploadedBytes,
        downloadRate: rate === undefined ? undefined : Math.round(rate),
      }),
    ),
  };
}

/** What the segments in memory add, while there are any. */
export function libraryStats(library: SegmentLibrary | undefined): Pick<LoaderStats, 'cachedBytes' | 'torrents'> {
  return { cachedBytes: library?.completeBytes ?? 0, torrents: library?.size ?? 0 };
}

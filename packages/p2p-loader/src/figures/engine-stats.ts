import type { LinkStats, LoaderStats } from './stats.js';

/** A mesh as it is shown; see Mesh. */
export interface MeshFigures
  extends Pick<LoaderStats, 'failedLinks' | 'localNetwork' | 'swarmSize' | 'trackerMessages'> {
  readonly links: ReadonlyMap<
    string,
    Pick<LinkStats, 'id' | 'path' | 'helper' | 'outside' | 'downloadedBytes' | 'uploadedBytes'> & {
      readonly throughput: { readonly rate: number | undefined };
    }
  >;
}

/** What a mesh adds, while there is one. */
export function meshStats(
  mesh: MeshFigures | undefined,
): Pick<LoaderStats, 'links' | 'failedLinks' | 'localNetwork' | 'swarmSize' | 'trackerMessages' | 'peers'> {
  return {
    links: mesh?.links.size ?? 0,
    failedLinks: mesh?.failedLinks ?? 0,
    localNetwork: mesh?.localNetwork,
    swarmSize: mesh?.swarmSize ?? 0,
    trackerMessages: mesh?.trackerMessages ?? 0,
    peers: [...(mesh?.links.values() ?? [])].map(
      ({ id, path, helper, outside, downloadedBytes, uploadedBytes, throughput: { rate } }) => ({
        id,
        path,
        helper,
        outside,
        downloadedBytes: Math.round(downloadedBytes),
        uploadedBytes,
        downloadRate: rate === undefined ? undefined : Math.round(rate),
      }),
    ),
  };
}

/** What the segments in memory add, while there are any. */
export function libraryStats(
  library: { readonly completeBytes: number; readonly size: number } | undefined,
): Pick<LoaderStats, 'cachedBytes' | 'torrents'> {
  return { cachedBytes: library?.completeBytes ?? 0, torrents: library?.size ?? 0 };
}

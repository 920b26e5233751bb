import type { P2PEngine } from './p2p-engine.js';
import type { LoaderStats } from './stats.js';

/** What the engine adds, while there is one. */
export function engineStats(
  engine: P2PEngine | undefined,
): Pick<LoaderStats, 'links' | 'swarmSize' | 'cachedBytes' | 'torrents' | 'trackerMessages' | 'peers'> {
  return {
    links: engine?.mesh.links.size ?? 0,
    swarmSize: engine?.mesh.swarmSize ?? 0,
    cachedBytes: engine?.library.completeBytes ?? 0,
    torrents: engine?.library.size ?? 0,
    trackerMessages: engine?.mesh.trackerMessages ?? 0,
    peers: [...(engine?.mesh.links.values() ?? [])].map((link) => ({
      id: link.id,
      downloadedBytes: Math.round(link.downloadedBytes),
      uploadedBytes: link.uploadedBytes,
    })),
  };
}

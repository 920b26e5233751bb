// @ts-check
// p2p-media-loader at the settings that suit it best here: bundled into the page by bench/play/page-bundle.mjs.
import Hls from 'hls.js/dist/hls.min.mjs';
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs';

/**
 * @param {Partial<import('hls.js').HlsConfig>} config
 * @param {string} announce the tracker's URL
 * @param {import('./globals.js').Bench} bench
 */
export function createHls(config, announce, bench) {
  const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);
  const stats = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 };
  bench.stats = () => stats;
  return new HlsWithP2P({
    ...config,
    // With hls.js's worker its segments get corrupted: the buffers it keeps are transferred.
    enableWorker: false,
    p2p: {
      core: {
        announceTrackers: [announce],
        rtcConfig: { iceServers: [] },
        // Its default of 15 s covers the whole window of this feed, and leaves nothing to peers.
        highDemandTimeWindow: 4,
      },
      onHlsJsCreated({ p2pEngine }) {
        p2pEngine.addEventListener('onChunkDownloaded', (bytes, source) => {
          if (source === 'http') stats.originBytes += bytes;
          else stats.peerBytes += bytes;
        });
        p2pEngine.addEventListener('onChunkUploaded', (bytes) => {
          stats.uploadedBytes += bytes;
        });
        p2pEngine.addEventListener('onPeerConnect', () => {
          stats.links += 1;
        });
        p2pEngine.addEventListener('onPeerClose', () => {
          stats.links -= 1;
        });
      },
    },
  });
}

import { createP2PLoader } from '@live-torrent/p2p-loader';
import Hls from 'hls.js';

/**
 * Plays until what it returns is called: an effect of React, which StrictMode runs, cleans up and runs again.
 * @param {HTMLVideoElement} video
 * @param {string} source the playlist
 * @param {(stats: object) => void} onStats once a second
 */
export function playLive(video, source, onStats) {
  const loader = createP2PLoader();
  loader.attachMedia(video);
  let hls;
  let over = false;
  // start() never rejects; what began meanwhile must not outlive the effect.
  loader.start().then(() => {
    if (over) return;
    hls = new Hls(loader.hlsConfig());
    hls.loadSource(source);
    hls.attachMedia(video);
  });
  const timer = setInterval(() => onStats(loader.stats), 1_000);
  return () => {
    over = true;
    clearInterval(timer);
    hls?.destroy();
    // Its links hear that it leaves, and no tracker counts it any more.
    loader.stop();
  };
}

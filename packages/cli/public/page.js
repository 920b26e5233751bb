import { readOptions } from './options.js';
import { createLoader, installWorker, P2PSwitch, workerControls, workerIsThere } from './p2p.js';
import { watchPlainBytes } from './plain-bytes.js';
import { play } from './player.js';

/** How long the figures may wait for the first frame, ms. */
const FIRST_FRAME_WAIT = 3_000;

const options = readOptions(location.search);
const video = document.getElementById('player');

async function readConfig() {
  try {
    const response = await fetch('/config.json');
    if (response.ok) return await response.json();
    console.warn(`live-torrent: config.json: HTTP ${response.status}`);
  } catch (error) {
    console.warn('live-torrent: config.json:', error);
  }
  return {};
}

/** Resolves when a frame is there to be seen, or none comes for a while. */
function firstFrame() {
  return new Promise((resolve) => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(resolve);
    else video.addEventListener('loadeddata', resolve, { once: true });
    setTimeout(resolve, FIRST_FRAME_WAIT);
  });
}

/** Playback first, with what it needs asked for at once; the figures, which nobody waits for, once there is a picture. */
async function main() {
  const [config, worker, Hls, library] = await Promise.all([
    readConfig(),
    options.worker === 'awaited' ? workerControls() : options.worker === 'next visit' && workerIsThere(),
    import('/hls.js').then((module) => module.default).catch((error) => void console.warn('No hls.js:', error)),
    import('/p2p-loader.js').catch((error) => void console.warn('live-torrent: no P2P:', error)),
  ]);
  const { loader, failure } = createLoader({ library, config, worker });
  /** What the figures show; `plain` are bytes that hls.js fetched by itself, with their time. */
  const shown = { loader, failure, trouble: undefined, worker, p2p: undefined, hls: undefined, plain: [] };
  if (loader) {
    globalThis.liveTorrent = loader;
    loader.attachMedia(video);
    shown.p2p = new P2PSwitch(loader, (reason) => {
      shown.failure = reason;
    });
    if (options.p2p) await shown.p2p.set(true);
  }
  const hls = play({
    video,
    source: config.manifest ?? '/manifest.m3u8',
    Hls,
    config: worker ? {} : loader?.hlsConfig(),
    onTrouble: (words) => {
      shown.trouble = words;
    },
  });
  globalThis.hls = shown.hls = hls;
  if (hls) watchPlainBytes(Hls, hls, loader, (bytes) => shown.plain.push({ time: performance.now(), bytes }));
  await firstFrame();
  if (options.worker === 'next visit') installWorker();
  const { showFigures } = await import('./figures.js');
  showFigures(shown, options);
}

main();

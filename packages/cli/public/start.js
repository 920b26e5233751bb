import { readOptions } from './options.js';
import { createLoader, installWorker, P2PSwitch, workerControls, workerIsThere } from './p2p.js';
import { watchPlainBytes } from './plain-bytes.js';
import { play } from './player.js';

const SOURCE = '/manifest.m3u8';

/** How long the figures may wait for the first frame, ms. */
const FIRST_FRAME_WAIT = 3_000;

const options = readOptions(location.search);
const video = document.getElementById('player');

/** Resolves when a frame is there to be seen, or none comes for a while. */
function firstFrame() {
  return new Promise((resolve) => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(resolve);
    else video.addEventListener('loadeddata', resolve, { once: true });
    setTimeout(resolve, FIRST_FRAME_WAIT);
  });
}

/** The loader, started, or why there is none. */
async function startLoader(shown, library) {
  const { loader, failure } = createLoader({ library, worker: shown.worker });
  shown.loader = loader;
  shown.failure = failure;
  if (!loader) return;
  globalThis.liveTorrent = loader;
  loader.attachMedia(video);
  shown.p2p = new P2PSwitch(loader, (reason) => {
    shown.failure = reason;
  });
  if (options.p2p) await shown.p2p.set(true);
}

/**
 * Playback first: through the worker before there is a loader, and all of it in the task that runs this script, since the page is drawn after that.
 * The figures, which nobody waits for, come once there is a picture.
 *
 * @param {typeof import('hls.js').default | undefined} Hls
 * @param {{ createP2PLoader: Function } | undefined} library undefined: it could not be loaded
 */
export async function start(Hls, library) {
  document.documentElement.dataset.started = '';
  const worker =
    options.worker === 'awaited' ? await workerControls() : options.worker === 'next visit' && workerIsThere();
  /** What the figures show; `plain` are bytes that hls.js fetched by itself, with their time. */
  const shown = {
    loader: undefined,
    failure: undefined,
    trouble: undefined,
    worker,
    p2p: undefined,
    hls: undefined,
    plain: [],
  };
  if (!worker) await startLoader(shown, library);
  const hls = play({
    video,
    source: SOURCE,
    Hls,
    config: worker ? {} : shown.loader?.hlsConfig(),
    onTrouble: (words) => {
      shown.trouble = words;
    },
  });
  globalThis.hls = shown.hls = hls;
  const plain = hls && watchPlainBytes(Hls, hls, (bytes) => shown.plain.push({ time: performance.now(), bytes }));
  if (worker) await startLoader(shown, library);
  if (shown.loader) plain?.leaveTo(shown.loader);
  await firstFrame();
  if (options.worker === 'next visit') installWorker();
  const { showFigures } = await import('./figures.js');
  showFigures(shown, options);
}

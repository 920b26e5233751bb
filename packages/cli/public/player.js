/** Waits before a retry after a fatal error, ms. */
const RETRY_FIRST = 1_000;
const RETRY_LONGEST = 10_000;

/** A second media error within this time loads the stream anew, ms. */
const MEDIA_ERROR_SPAN = 5_000;

/**
 * Plays `source`: by hls.js where the browser has Media Source Extensions, else by the browser's own HLS.
 * Tries again for as long as the page is open.
 *
 * @param {object} options
 * @param {HTMLVideoElement} options.video
 * @param {string} options.source the playlist's URL
 * @param {typeof import('hls.js').default | undefined} options.Hls
 * @param {object} options.config of hls.js
 * @param {(words: string | undefined) => void} options.onTrouble why it stands still; undefined when it plays again
 * @returns the hls.js instance, if it plays
 */
export function play({ video, source, Hls, config, onTrouble }) {
  video.addEventListener('playing', () => onTrouble(undefined));
  if (Hls?.isSupported()) return playHls({ video, source, Hls, config, onTrouble });
  if (video.canPlayType('application/vnd.apple.mpegurl') === '') onTrouble('This browser cannot play HLS.');
  else playNative(video, source, onTrouble);
  return undefined;
}

/** Calls `action` after a wait that doubles with each call, until `reset()`. */
function backoff() {
  let wait = RETRY_FIRST;
  let timer;
  return {
    retry(action) {
      clearTimeout(timer);
      timer = setTimeout(action, wait);
      wait = Math.min(RETRY_LONGEST, wait * 2);
    },
    reset() {
      wait = RETRY_FIRST;
    },
  };
}

function playNative(video, source, onTrouble) {
  const { retry, reset } = backoff();
  video.addEventListener('playing', reset);
  video.addEventListener('error', () => {
    onTrouble('The stream cannot be loaded at the moment. Trying again …');
    retry(() => {
      video.src = source;
    });
  });
  video.src = source;
  start(video);
}

function playHls({ video, source, Hls, config, onTrouble }) {
  const hls = new Hls({ liveSyncDurationCount: 3, backBufferLength: 30, startFragPrefetch: true, ...config });
  const { retry, reset } = backoff();
  let mediaError = Number.NEGATIVE_INFINITY;
  hls.on(Hls.Events.MANIFEST_PARSED, () => start(video));
  hls.on(Hls.Events.FRAG_BUFFERED, () => {
    reset();
    onTrouble(undefined);
  });
  hls.on(Hls.Events.ERROR, (_event, error) => {
    if (!error.fatal) return;
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - mediaError > MEDIA_ERROR_SPAN) {
      mediaError = performance.now();
      hls.recoverMediaError();
      return;
    }
    onTrouble('The stream cannot be loaded at the moment. Trying again …');
    if (error.type === Hls.ErrorTypes.NETWORK_ERROR && hls.levels.length > 0) retry(() => hls.startLoad());
    else retry(() => hls.loadSource(source));
  });
  // The element opens while the playlist comes, and the first segment is asked for as soon as that is here.
  hls.attachMedia(video);
  hls.loadSource(source);
  return hls;
}

/** Browsers may refuse to start without a click; the controls are there for it. */
function start(video) {
  video.play().catch(() => undefined);
}

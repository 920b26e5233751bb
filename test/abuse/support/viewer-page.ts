/** How a page plays: `plain` has no loader. */
export type Way = 'plain' | 'hls.js' | 'worker';

/**
 * A page that plays `/manifest.m3u8`; `way` in its query says how. It does what hls.js's guide says about fatal errors, and counts them in
 * `globalThis.fatal`. What has been played is given up after 20 s: hls.js keeps it, and all that it knows of each segment, for ever by default.
 */
export const viewerPage = `<!doctype html><link rel="icon" href="data:,"><video muted autoplay playsinline></video>
<script src="/hls.global.js"></script>
<script type="module">
const way = new URLSearchParams(location.search).get('way');
const video = document.querySelector('video');
globalThis.fatal = [];
if (way !== 'plain') {
  const { createP2PLoader } = await import('/p2p-loader.js');
  const worker = navigator.serviceWorker;
  if (way === 'worker') {
    await worker.register('/sw.js');
    if (!worker.controller) await new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
  }
  const loader = createP2PLoader({ serviceWorker: way === 'worker' && worker });
  globalThis.liveTorrent = loader;
  await loader.start();
  loader.attachMedia(video);
}
const hls = new Hls({ liveSyncDurationCount: 4, backBufferLength: 20, ...(way === 'hls.js' && liveTorrent.hlsConfig()) });
hls.on('hlsError', (_, { type, details, fatal }) => {
  if (!fatal) return;
  globalThis.fatal.push(details);
  setTimeout(() => (type === 'mediaError' ? hls.recoverMediaError() : hls.startLoad()), 1_000);
});
globalThis.hls = hls;
hls.loadSource('/manifest.m3u8');
hls.attachMedia(video);
</script>`;

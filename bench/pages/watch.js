// One viewer of the bench: ?delivery=plain | hls | worker | p2pml
const parameters = new URLSearchParams(location.search);
const delivery = parameters.get('delivery') ?? 'plain';
const video = document.getElementById('player');
// All asked for together, as a site's own page would.
const registered = delivery === 'worker' && navigator.serviceWorker.register('/sw.js', { type: 'module' });
const loading = delivery === 'hls' || delivery === 'worker' ? import('/p2p-loader.js') : undefined;
const { default: Hls } = await import('/hls.js');

globalThis.bench = {
  /** From the start of navigation, ms: what a delivery loads is part of its start-up. */
  firstFrame: undefined,
  stalls: 0,
  stalledMs: 0,
  arrivals: [],
  /** When the viewer's own playlist first named a segment, by Media Sequence Number. */
  listed: {},
  estimates: [],
  errors: [],
  stats: () => ({ peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 }),
};
const { bench } = globalThis;

let waitingSince;
video.addEventListener('playing', () => {
  if (waitingSince !== undefined) bench.stalledMs += performance.now() - waitingSince;
  waitingSince = undefined;
});
video.addEventListener('waiting', () => {
  if (bench.firstFrame === undefined || video.seeking) return;
  bench.stalls += 1;
  waitingSince = performance.now();
});
video.requestVideoFrameCallback(() => {
  bench.firstFrame = performance.now();
});

let config = { enableWorker: parameters.get('transmux') !== '0', startLevel: -1 };
if (delivery === 'hls' || delivery === 'worker') {
  const { createP2PLoader } = await loading;
  const loader = createP2PLoader({
    iceServers: [],
    ...(delivery === 'worker' ? { serviceWorker: navigator.serviceWorker } : {}),
  });
  globalThis.liveTorrent = loader;
  if (delivery === 'worker') {
    await registered;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      );
    }
  }
  await loader.start();
  loader.attachMedia(video);
  bench.stats = () => loader.stats;
  bench.warnings = [];
  loader.addEventListener('warning', ({ detail }) => bench.warnings.push(String(detail.error)));
  if (delivery === 'hls') config = { ...config, ...loader.hlsConfig() };
}
if (delivery === 'p2pml') {
  const { createHls } = await import('/p2pml.js');
  globalThis.hls = createHls(config, parameters.get('announce'), bench);
} else {
  globalThis.hls = new Hls(config);
}
const { hls } = globalThis;
hls.on('hlsFragLoaded', (_event, { frag, payload }) => {
  bench.arrivals.push({ sn: frag.sn, at: Date.now(), bytes: payload.byteLength });
});
hls.on('hlsLevelLoaded', (_event, { details }) => {
  for (const { sn } of details.fragments) bench.listed[sn] ??= Date.now();
});
hls.on('hlsFragBuffered', () => bench.estimates.push(hls.bandwidthEstimate));
hls.on('hlsError', (_event, data) => {
  bench.errors.push(`${data.type} ${data.details} ${data.fatal}`);
});
hls.on('hlsManifestParsed', () => video.play());
hls.attachMedia(video);
hls.loadSource('/live.m3u8');

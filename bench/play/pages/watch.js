// ?ice=JSON, ICE servers, and &stream=ID, another mesh than the playlist's, are for ours.
// One viewer of the bench: ?delivery=plain | hls | worker | p2pml | chain | torrents | forward, &announce=URL for p2pml, &keep=N to remember only the last N
// segments, so that long runs do not measure this page's own records.
const parameters = new URLSearchParams(location.search);
const delivery = parameters.get('delivery') ?? 'plain';
const keep = Number(parameters.get('keep') ?? Number.POSITIVE_INFINITY);
const ours = delivery === 'hls' || delivery === 'worker';
const wired = delivery === 'chain' || delivery === 'torrents';
const video = document.getElementById('player');

globalThis.bench = {
  /** From the start of navigation, ms: what a delivery loads is part of its start-up. */
  firstFrame: undefined,
  /** When all scripts had been loaded, likewise. */
  loaded: undefined,
  stalls: 0,
  stalledMs: 0,
  /** Media Sequence Number, level, when, bytes. */
  arrivals: [],
  /** When the viewer's own playlist first named a segment: level/Media Sequence Number, when. */
  listed: new Map(),
  /** When, hls.js's estimate in bit/s, the level that was loaded. */
  estimates: [],
  /** When, to which level. */
  switches: [],
  /** Times at which hls.js gave a segment up as too slow for its rung. */
  emergencies: [],
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

// All asked for together, as a site's own page would.
const worker = { worker: '/sw.js', forward: '/forward.js' }[delivery];
const registered = worker && navigator.serviceWorker.register(worker, { type: 'module' });
const [library, player] = await Promise.all([
  ours ? import('/p2p-loader.js') : wired ? import(`/${delivery}.js`) : undefined,
  delivery === 'p2pml' ? import('/p2pml.js') : import('/hls.js'),
]);
bench.loaded = performance.now();

async function controlled() {
  if (!worker) return;
  await registered;
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

let config = { startLevel: -1 };
if (ours) {
  const loader = library.createP2PLoader({
    iceServers: JSON.parse(parameters.get('ice') ?? '[]'),
    ...(parameters.has('stream') ? { stream: parameters.get('stream') } : {}),
    ...(delivery === 'worker' ? { serviceWorker: navigator.serviceWorker } : {}),
  });
  globalThis.liveTorrent = loader;
  await controlled();
  await loader.start();
  loader.attachMedia(video);
  bench.stats = () => loader.stats;
  loader.addEventListener('warning', ({ detail }) => record(bench.errors, `warning: ${detail.error}`));
  if (delivery === 'hls') config = { ...config, ...loader.hlsConfig() };
}
if (delivery === 'forward') await controlled();
if (wired) {
  config = { ...config, fLoader: library.fragmentLoader(player.default) };
  bench.stats = () => library.stats;
  bench.wiring = library.wiring;
}
globalThis.hls =
  delivery === 'p2pml' ? player.createHls(config, parameters.get('announce'), bench) : new player.default(config);
const { hls } = globalThis;

function record(list, value) {
  list.push(value);
  if (list.length > keep) list.shift();
}
if (delivery === 'torrents') hls.on('hlsLevelLoaded', library.list);
hls.on('hlsFragLoaded', (_event, { frag, payload }) =>
  record(bench.arrivals, [frag.sn, frag.level, Date.now(), payload.byteLength]),
);
hls.on('hlsLevelLoaded', (_event, { level, details }) => {
  for (const { sn } of details.fragments) {
    const key = `${level}/${sn}`;
    if (!bench.listed.has(key)) bench.listed.set(key, Date.now());
  }
  for (const key of bench.listed.keys()) if (bench.listed.size > keep) bench.listed.delete(key);
});
hls.on('hlsFragBuffered', (_event, { frag }) =>
  record(bench.estimates, [Date.now(), Math.round(hls.bandwidthEstimate), frag.level]),
);
hls.on('hlsLevelSwitched', (_event, { level }) => record(bench.switches, [Date.now(), level]));
hls.on('hlsFragLoadEmergencyAborted', () => record(bench.emergencies, Date.now()));
hls.on('hlsError', (_event, { type, details, fatal }) => record(bench.errors, `${type} ${details} ${fatal}`));
hls.on('hlsManifestParsed', () => video.play());
hls.attachMedia(video);
hls.loadSource('/live.m3u8');

// @ts-check
// ?ice=JSON, ICE servers, and &stream=ID, another mesh than the playlist's, are for ours.
// One viewer of the bench: ?delivery=plain | hls | worker | p2pml | chain | torrents | forward, &announce=URL for p2pml, &keep=N to remember only the last N
// segments, so that long runs do not measure this page's own records.
const parameters = new URLSearchParams(location.search);
const delivery = parameters.get('delivery') ?? 'plain';
const keep = Number(parameters.get('keep') ?? Number.POSITIVE_INFINITY);
const ours = delivery === 'hls' || delivery === 'worker';
const video = /** @type {HTMLVideoElement} */ (document.getElementById('player'));

/** @type {import('./globals.js').Bench} */
const bench = {
  firstFrame: undefined,
  loaded: undefined,
  stalls: 0,
  stalledMs: 0,
  arrivals: [],
  listed: new Map(),
  estimates: [],
  switches: [],
  emergencies: [],
  errors: [],
  stats: () => ({ peerBytes: 0, originBytes: 0, uploadedBytes: 0, links: 0 }),
};
Object.assign(globalThis, { bench });

/** @type {number | undefined} */
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
const [library, chain, torrents, p2pml, player] = await Promise.all([
  ours ? import('/p2p-loader.js') : undefined,
  delivery === 'chain' ? import('/chain.js') : undefined,
  delivery === 'torrents' ? import('/torrents.js') : undefined,
  delivery === 'p2pml' ? import('/p2pml.js') : undefined,
  delivery === 'p2pml' ? undefined : import('/hls.js'),
]);
bench.loaded = performance.now();

async function controlled() {
  if (!worker) return;
  await registered;
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** @type {Partial<import('hls.js').HlsConfig>} */
let config = { startLevel: -1 };
if (library) {
  const loader = library.createP2PLoader({
    iceServers: JSON.parse(parameters.get('ice') ?? '[]'),
    ...(parameters.has('stream') ? { stream: parameters.get('stream') ?? '' } : {}),
    ...(delivery === 'worker' ? { serviceWorker: navigator.serviceWorker } : {}),
  });
  Object.assign(globalThis, { liveTorrent: loader });
  await controlled();
  await loader.start();
  loader.attachMedia(video);
  bench.stats = () => loader.stats;
  loader.addEventListener('warning', ({ detail }) => record(bench.errors, `warning: ${detail.error}`));
  if (delivery === 'hls') config = { ...config, ...loader.hlsConfig() };
}
if (delivery === 'forward') await controlled();
const row = chain ?? torrents;
if (row && player) {
  config = { ...config, fLoader: row.fragmentLoader(player.default) };
  bench.stats = () => row.stats;
  bench.wiring = row.wiring;
}
const hls = p2pml
  ? p2pml.createHls(config, parameters.get('announce') ?? '', bench)
  : new /** @type {NonNullable<typeof player>} */ (player).default(config);
Object.assign(globalThis, { hls });
const { Events } = /** @type {typeof import('hls.js').default} */ (hls.constructor);

/** @template T @param {T[]} list @param {T} value */
function record(list, value) {
  list.push(value);
  if (list.length > keep) list.shift();
}
if (torrents) hls.on(Events.LEVEL_LOADED, torrents.list);
hls.on(Events.FRAG_LOADED, (_event, { frag, payload }) =>
  record(bench.arrivals, [Number(frag.sn), frag.level, Date.now(), payload.byteLength]),
);
hls.on(Events.LEVEL_LOADED, (_event, { level, details }) => {
  for (const { sn } of details.fragments) {
    const key = `${level}/${sn}`;
    if (!bench.listed.has(key)) bench.listed.set(key, Date.now());
  }
  for (const key of bench.listed.keys()) if (bench.listed.size > keep) bench.listed.delete(key);
});
hls.on(Events.FRAG_BUFFERED, (_event, { frag }) =>
  record(bench.estimates, [Date.now(), Math.round(hls.bandwidthEstimate), frag.level]),
);
hls.on(Events.LEVEL_SWITCHED, (_event, { level }) => record(bench.switches, [Date.now(), level]));
hls.on(Events.FRAG_LOAD_EMERGENCY_ABORTED, () => record(bench.emergencies, Date.now()));
hls.on(Events.ERROR, (_event, { type, details, fatal }) => record(bench.errors, `${type} ${details} ${fatal}`));
hls.on(Events.MANIFEST_PARSED, () => video.play());
hls.attachMedia(video);
hls.loadSource('/live.m3u8');

export {};

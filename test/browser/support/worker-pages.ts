/**
 * The pages of a `WorkerSite`. `/play.html` plays with hls.js behind the worker; its query says how:
 * `source` (the playlist, default `/manifest.m3u8`), `loader=0` (a page without loader), `enabled=0`, `rtc=0` (no WebRTC), `silent` (the
 * loader names segments and answers nothing), `cmcd`, `claim=0` (does not wait for the worker's control), `direct` (hls.js's loaders instead of the
 * worker), `token` (the player adds one to segments' URLs, and a header), `strict` (the loader is started, stopped and started in one tick), `ice` (of
 * two ICE servers the browser refuses one).
 */

const play = `<!doctype html><link rel="icon" href="data:,"><video id="player" muted autoplay playsinline></video>
<script>
globalThis.__broken = [];
const query = new URLSearchParams(location.search);
if (query.get('rtc') === '0') delete globalThis.RTCPeerConnection;
navigator.serviceWorker.register('/sw.js');
</script>
<script src="/hls.global.js"></script>
<script type="module">
const worker = navigator.serviceWorker;
const silent = {
  get controller() { return worker.controller; },
  startMessages: () => worker.startMessages(),
  removeEventListener: () => undefined,
  addEventListener: (type, listener) =>
    worker.addEventListener(type, (event) => event.data?.type === 'playlist' && listener(event)),
};
if (query.get('claim') !== '0' && !worker.controller) {
  await Promise.race([
    new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true })),
    new Promise((resolve) => setTimeout(resolve, 2_000)),
  ]);
}
const video = document.querySelector('video');
if (query.get('loader') !== '0') {
  const { createP2PLoader } = await import('/p2p-loader.js');
  globalThis.__warnings = [];
  const create = () => {
    const loader = createP2PLoader({
      serviceWorker: query.has('silent') ? silent : !query.has('direct') && worker,
      enabled: query.get('enabled') !== '0',
      ...(query.has('ice') && { iceServers: [{ urls: 'stun:127.0.0.1?transport=udp' }, { urls: 'stun:127.0.0.1:9' }] }),
    });
    loader.addEventListener('warning', ({ detail }) => __warnings.push(detail.error.message));
    globalThis.liveTorrent = loader;
    return loader.start();
  };
  if (query.has('strict')) {
    void create();
    liveTorrent.stop();
  }
  await create();
  liveTorrent.attachMedia(video);
}
globalThis.startPlayer = () => {
  const hls = new Hls({
    liveSyncDurationCount: 4,
    ...(query.has('cmcd') && { cmcd: {} }),
    ...(query.has('direct') && liveTorrent.hlsConfig()),
    ...(query.has('token') && {
      xhrSetup: (xhr, url) => {
        if (!url.includes('.ts')) return;
        xhr.open('GET', url + '?token=t%20t');
        xhr.setRequestHeader('X-Token', '1');
      },
    }),
  });
  hls.on('hlsError', (_, { type, details, fatal, frag, url, response }) => {
    // By the player itself, as in stopLoad().
    if (details === 'aborted') return;
    if (type !== 'networkError') fatal && globalThis.__broken.push({ at: performance.now(), details, fatal });
    else globalThis.__broken.push({ at: performance.now(), details, fatal, url: frag?.url ?? url, code: response?.code });
  });
  globalThis.hls = hls;
  hls.loadSource(query.get('source') ?? '/manifest.m3u8');
  hls.attachMedia(video);
};
startPlayer();
</script>`;

/** A player as README has it, in a frame that has no origin, and so no service worker. */
const sandboxed = `<!doctype html><link rel="icon" href="data:,"><video id="player" muted autoplay playsinline></video>
<script src="/hls.global.js"></script><script src="/classic.js"></script>
<script>
globalThis.liveTorrent = liveTorrentP2PLoader.createP2PLoader({ serviceWorker: '/sw.js' });
liveTorrent.start();
const hls = new Hls({ ...(location.search === '?direct' && liveTorrent.hlsConfig()) });
hls.loadSource('/manifest.m3u8');
hls.attachMedia(document.querySelector('video'));
</script>`;

const sandbox = `<!doctype html><link rel="icon" href="data:,"><body><script>
const frame = document.createElement('iframe');
frame.sandbox = 'allow-scripts';
frame.allow = 'autoplay';
frame.src = '/sandboxed.html' + location.search;
document.body.append(frame);
</script>`;

/** Two players with a loader each, of two streams, in one document; `liveTorrents` are the loaders. */
const both = `<!doctype html><link rel="icon" href="data:,"><video muted autoplay playsinline></video><video muted autoplay playsinline></video>
<script src="/hls.global.js"></script>
<script type="module">
import { createP2PLoader } from '/p2p-loader.js';
const worker = navigator.serviceWorker;
await worker.register('/sw.js');
if (!worker.controller) await new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
globalThis.liveTorrents = [];
for (const [index, source] of ['/manifest.m3u8', '/1/manifest.m3u8'].entries()) {
  const loader = createP2PLoader({ serviceWorker: worker });
  await loader.start();
  loader.attachMedia(document.querySelectorAll('video')[index]);
  liveTorrents.push(loader);
}
for (const [index, source] of ['/manifest.m3u8', '/1/manifest.m3u8'].entries()) {
  const hls = new Hls({ liveSyncDurationCount: 4 });
  hls.loadSource(source);
  hls.attachMedia(document.querySelectorAll('video')[index]);
}
</script>`;

/** A loader and no player: the test asks for playlists and segments itself. */
const bare = `<!doctype html><link rel="icon" href="data:,">
<script type="module">
import { createP2PLoader } from '/p2p-loader.js';
const worker = navigator.serviceWorker;
await worker.register('/sw.js');
if (!worker.controller) await new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
const loader = createP2PLoader({ serviceWorker: worker });
await loader.start();
globalThis.liveTorrent = loader;
</script>`;

export const workerPages: {
  readonly [path: string]: string;
} = {
  '/sandbox.html': sandbox,
  '/sandboxed.html': sandboxed,
  '/play.html': play,
  '/both.html': both,
  '/bare.html': bare,
  '/frame.html':
    '<!doctype html><link rel="icon" href="data:,"><iframe src="/play.html" width="400" height="300" allow="autoplay"></iframe>',
  '/away.html': '<!doctype html><link rel="icon" href="data:,"><p>Away',
};

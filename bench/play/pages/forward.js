// @ts-check
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** The floor of what goes through a service worker: it takes the page over as live-torrent's does, and forwards every request. */
worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));

export {};

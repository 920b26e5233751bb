/**
 * The ready-made worker, for sites that have none: host the build of this file at the site's root and register it.
 * It takes control of open pages at once; a site with a worker of its own uses `createSwProxy` there instead.
 */
import { createSwProxy } from './index.js';

declare const self: ServiceWorkerGlobalScope;

const proxy = createSwProxy();

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => proxy.handleMessage(event));
self.addEventListener('fetch', (event) => {
  const response = proxy.handleFetch(event);
  if (response) event.respondWith(response);
});

/** A site's own service worker, with the proxy in it. */
importScripts('/sw-proxy.js'); // a copy of @live-torrent/sw-proxy/classic.js

const proxy = liveTorrentSwProxy.createSwProxy();

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => proxy.handleMessage(event));
self.addEventListener('fetch', (event) => {
  const response = proxy.handleFetch(event);
  if (response) event.respondWith(response);
  else if (event.request.mode === 'navigate') event.respondWith(networkOrCopy(event.request));
});

/** The site's own rule: pages also open offline, as they were last. */
async function networkOrCopy(request) {
  const pages = await caches.open('pages');
  try {
    const response = await fetch(request);
    if (response.ok) await pages.put(request, response.clone());
    return response;
  } catch (error) {
    const copy = await pages.match(request);
    if (copy) return copy;
    throw error;
  }
}

// @ts-check
/** A tracker in a process of its own, which says what it takes. Forked by main.mjs with `ours` or `theirs`. */
import { createServer } from 'node:http';
import { createTracker } from '@live-torrent/tracker';
import TrackerServer from 'bittorrent-tracker/server';

const server = createServer((_request, response) => response.writeHead(404).end());
let messages = 0;
if (process.argv[2] === 'theirs') {
  // Its default forgets all but 1,000 viewers of a stream.
  const tracker = new TrackerServer({
    ...{ http: false, udp: false, stats: false, interval: 300_000, peersCacheLength: 100_000 },
    ws: { noServer: true },
  });
  for (const event of ['error', 'warning']) tracker.on(event, () => {});
  server.on('upgrade', (request, socket, head) => {
    tracker.ws.handleUpgrade(request, socket, head, (/** @type {any} */ client) => {
      client.upgradeReq = request;
      client.on('message', () => messages++);
      tracker.onWebSocketConnection(client);
    });
  });
} else {
  const tracker = createTracker();
  tracker.attach(server);
  Object.defineProperty(globalThis, 'tracker', { value: tracker });
}
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ port });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const ours = /** @type {{ tracker?: import('@live-torrent/tracker').Tracker }} */ (globalThis).tracker?.stats;
  process.send?.({
    cpu: (user + system) / 1e6,
    rss: process.memoryUsage.rss(),
    messages: ours?.announces ?? messages,
    connections: ours?.connections,
  });
});
process.on('disconnect', () => process.exit());

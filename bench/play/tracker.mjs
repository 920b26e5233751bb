// @ts-check
import { createServer } from 'node:http';
import TrackerServer from 'bittorrent-tracker/server';

/**
 * A WebTorrent tracker on a free port that counts the messages it gets.
 * @param {string} [host] the address to listen on
 */
export async function startTracker(host = '127.0.0.1') {
  const tracker = new TrackerServer({
    http: false,
    udp: false,
    stats: false,
    ws: { noServer: true },
    interval: 120_000,
  });
  tracker.on('error', () => {});
  tracker.on('warning', () => {});
  const server = createServer((_request, response) => response.writeHead(404).end());
  let messages = 0;
  const sockets = new Set();
  server.on('upgrade', (request, socket, head) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    tracker.ws.handleUpgrade(request, socket, head, (/** @type {any} */ ws) => {
      ws.on('message', () => {
        messages += 1;
      });
      ws.upgradeReq = request;
      tracker.onWebSocketConnection(ws);
    });
  });
  await new Promise((resolve) => server.listen(0, host, () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `ws://${host}:${port}/announce`,
    messages: () => messages,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve(undefined));
        tracker.close(() => {});
      }),
  };
}

// @ts-check
import { createServer } from 'node:http';
import TrackerServer from 'bittorrent-tracker/server';
import { serve } from './serve.mjs';

/**
 * A WebTorrent tracker on a free port that counts the messages it gets.
 * @param {string} [host] the address to listen on
 * @param {number} [viewers] of a stream that it remembers; its own default is 1,000
 */
export async function startTracker(host = '127.0.0.1', viewers = 1_000) {
  const tracker = new TrackerServer({
    http: false,
    udp: false,
    stats: false,
    ws: { noServer: true },
    peersCacheLength: viewers,
    interval: 120_000,
  });
  tracker.on('error', () => {});
  tracker.on('warning', () => {});
  const server = createServer((_request, response) => response.writeHead(404).end());
  let messages = 0;
  server.on('upgrade', (request, socket, head) => {
    tracker.ws.handleUpgrade(request, socket, head, (/** @type {any} */ ws) => {
      ws.on('message', () => {
        messages += 1;
      });
      ws.upgradeReq = request;
      tracker.onWebSocketConnection(ws);
    });
  });
  const { port, close } = await serve(server, { host });
  return {
    url: `ws://${host}:${port}/announce`,
    messages: () => messages,
    close: async () => {
      await close();
      tracker.close(() => {});
    },
  };
}

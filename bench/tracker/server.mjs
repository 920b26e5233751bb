// @ts-check
/** A tracker in a process of its own, which says what it takes. Forked by main.mjs with `ours` or `theirs`. */
import { createServer } from 'node:http';
import { createTracker } from '@live-torrent/tracker';
import { startTracker } from '../../harness/tracker.mjs';

/** @type {() => { messages: number, connections?: number }} */
let figures = () => ({ messages: 0 });
if (process.argv[2] === 'theirs') {
  const { url, messages } = await startTracker('127.0.0.1', 100_000);
  figures = () => ({ messages: messages() });
  process.send?.({ port: Number(new URL(url).port) });
} else {
  const server = createServer((_request, response) => response.writeHead(404).end());
  const tracker = createTracker();
  tracker.attach(server);
  figures = () => ({ messages: tracker.stats.announces, connections: tracker.stats.connections });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ port });
  });
}
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: (user + system) / 1e6, rss: process.memoryUsage.rss(), ...figures() });
});
process.on('disconnect', () => process.exit());

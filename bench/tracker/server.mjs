// @ts-check
/** A tracker in a process of its own, which says what it takes. Forked by main.mjs with `ours`, `theirs` or `streams`. */
import { createServer } from 'node:http';
import { createTracker } from '@live-torrent/tracker';
import { startTracker } from '../../harness/tracker.mjs';
import { Streams } from './streams.mjs';

/** @type {() => { messages: number, connections?: number }} */
let figures = () => ({ messages: 0 });
const streams = new Streams();
const tracker = createTracker();
if (process.argv[2] === 'theirs') {
  const { url, messages } = await startTracker('127.0.0.1', 100_000);
  figures = () => ({ messages: messages() });
  process.send?.({ port: Number(new URL(url).port) });
} else {
  const server = createServer((_request, response) => response.writeHead(404).end());
  tracker.attach(server);
  figures = () => ({ messages: tracker.stats.announces, connections: tracker.stats.connections });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.({ port });
  });
}
process.on('message', async (/** @type {any} */ order) => {
  if (order.join) {
    await streams.join(tracker, order.join);
    process.send?.('ready');
  } else if (order.announces) {
    await streams.say(order);
    process.send?.('sent');
  } else {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: (user + system) / 1e6, rss: process.memoryUsage.rss(), ...figures() });
  }
});
process.on('disconnect', () => process.exit());

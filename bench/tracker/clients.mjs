// @ts-check
/** Many viewers as a tracker sees them, on sockets without a library. Forked by main.mjs with a port, their number and the first's. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { announce } from './messages.mjs';

const [, , port, count, first] = process.argv.map(Number);
/** Connections that are being made at a time. */
const AT_ONCE = 200;
/** @param {number} i @returns {Promise<import('node:net').Socket>} */
const open = (i) =>
  new Promise((resolve, reject) => {
    // A local address has some 28,000 ports, and to find one that is free takes the longer the fewer are left.
    const localAddress = `127.0.${1 + Math.floor(i / 2_000)}.1`;
    const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress });
    socket.once('error', reject);
    socket.on('connect', () => {
      const key = randomBytes(16).toString('base64');
      socket.write(
        `GET /announce HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    socket.once('data', () => {
      socket.resume();
      socket.write(announce(i, 0, 'started'));
      resolve(socket);
    });
  });

/** By the order in which they came. @type {{ id: number, socket: import('node:net').Socket }[]} */
const viewers = [];
let next = Number(first);
const end = next + Number(count);
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < end) {
      const id = next++;
      viewers.push({ id, socket: await open(id) });
    }
  }),
);
process.send?.('ready');
// So many announces, each with so many offers, a hundredth at a time.
process.on('message', async (/** @type {{ announces: number, offers: number, seconds: number }} */ order) => {
  for (let sent = 0; sent < order.announces; ) {
    const until = Math.min(order.announces, sent + Math.ceil(order.announces / 100));
    for (; sent < until; sent++) {
      const viewer = viewers[sent % viewers.length];
      viewer?.socket.write(announce(viewer.id, order.offers));
    }
    await new Promise((resolve) => setTimeout(resolve, order.seconds * 10));
  }
  process.send?.('sent');
});
process.on('disconnect', () => process.exit());

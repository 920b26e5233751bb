// @ts-check
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

/**
 * @typedef {object} Served
 * @property {number} port
 * @property {string} url with a final slash
 * @property {() => Promise<void>} close cuts all connections, those that were upgraded too, and takes no more
 */

/**
 * Lets a server listen whose connections are its owner's to end.
 * @param {import('node:net').Server} server
 * @returns {Promise<number>} its port
 */
export function listen(server, port = 0, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
    });
  });
}

/**
 * Serves at a port.
 * @param {import('node:net').Server | import('node:http').RequestListener} what a server, or what answers the requests of one
 * @param {{ host?: string, port?: number }} [where] default: a port of 127.0.0.1 that is free
 * @returns {Promise<Served>}
 */
export async function serve(what, { host = '127.0.0.1', port: wanted = 0 } = {}) {
  const server = typeof what === 'function' ? createHttpServer(what) : what;
  /** @type {Set<import('node:stream').Duplex>} */
  const sockets = new Set();
  const note = (/** @type {import('node:stream').Duplex} */ socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  server.on('connection', note);
  const port = await listen(server, wanted, host);
  return {
    port,
    url: `http://${host}:${port}/`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.off('connection', note);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A port of 127.0.0.1 that is free at this moment. */
export async function freePort() {
  const { port, close } = await serve(createServer());
  await close();
  return port;
}

// @ts-check
import { createServer } from 'node:http';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { createTracker } from '@live-torrent/tracker';
import express from 'express';

/**
 * An origin in Express: a folder with a live playlist, annotated, and a tracker on the same server, which playlists name where it is `named`; or, `plain`,
 * the folder alone. Its port is its first line.
 */
const [folder = '.', kind] = process.argv.slice(2);
const app = express();
const server = createServer(/** @type {import('node:http').RequestListener} */ (app));
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  if (kind !== 'plain') {
    app.use(magnetizer({ folder, announce: kind === 'named' ? [`ws://127.0.0.1:${port}/announce`] : [] }));
    createTracker().attach(server);
  }
  app.use(express.static(folder, { etag: true }));
  console.log(port);
});

// @ts-check
import { createServer } from 'node:http';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { createTracker } from '@live-torrent/tracker';
import express from 'express';

/** An origin in Express: a folder with a live playlist, annotated, and a tracker on the same server. Its port is its first line. */
const [folder = '.'] = process.argv.slice(2);
const layer = magnetizer({ folder });
const app = express()
  .use(layer)
  .use(express.static(folder, { etag: true }));
const server = createServer(/** @type {import('node:http').RequestListener} */ (app));
createTracker().attach(server);
server.listen(0, '127.0.0.1', () => {
  console.log(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});

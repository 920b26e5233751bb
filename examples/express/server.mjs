// @ts-check
/**
 * An origin in Express: the sample feed as a VOD playlist with magnets, a tracker on the same port, and the pages in
 * `../site` and `../hls-js`. After `npm run build`:
 *
 *     node examples/express/server.mjs      # http://127.0.0.1:8080/ and /hls-js/, each in two tabs
 */
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import Tracker from 'bittorrent-tracker/server';
import express from 'express';

const { PORT = '8080' } = process.env;
/** @param {string} path from here */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** @param {string} name of an export */
const built = (name) => fileURLToPath(import.meta.resolve(name));
const feed = at('../feed');

const app = express();
app.use('/media', magnetizer({ folder: feed, path: '/media', announce: [`ws://127.0.0.1:${PORT}/announce`] }));
app.get('/media/index.m3u8', async (_req, res) => {
  const names = (await readdir(feed)).filter((name) => name.endsWith('.ts')).sort();
  const segments = names.map((name) => `#EXTINF:4,\n${name}\n`).join('');
  res.type('application/vnd.apple.mpegurl');
  res.send(`#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n${segments}#EXT-X-ENDLIST\n`);
});
app.use('/media', express.static(feed));

app.get('/p2p-loader.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader')));
app.get('/sw-proxy.js', (_req, res) => res.sendFile(built('@live-torrent/sw-proxy/classic.js')));
app.get('/hls.js', (_req, res) => res.sendFile(built('hls.js')));
app.use('/hls-js', express.static(at('../hls-js')));
app.use(express.static(at('../site')));

const tracker = new Tracker({ http: false, udp: false, stats: false, ws: { noServer: true } });
const server = createServer(app);
server.on('upgrade', (req, socket, head) => {
  tracker.ws.handleUpgrade(req, socket, head, (/** @type {unknown} */ client) =>
    tracker.ws.emit('connection', client, req),
  );
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`));

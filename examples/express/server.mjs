// @ts-check
/**
 * An origin in Express: the sample feed with magnets, as VOD and as a live stream that loops, a tracker on the same port, and the
 * pages of the folders beside this one. After `npm run build`:
 *
 *     node examples/express/server.mjs      # http://127.0.0.1:8080/ and /hls-js/, /video-js/ …, each in two tabs
 */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import { createTracker } from '@live-torrent/tracker';
import express from 'express';
import { loopPlaylist } from './loop.mjs';

const { PORT = '8080' } = process.env;
/** @param {string} path from here */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** @param {string} name of an export */
const built = (name) => fileURLToPath(import.meta.resolve(name));
const feed = at('../feed');
/** When the live stream began, ms: half of its first loop is over. */
const begun = Date.now() - 40_000;

const app = express();
app.use('/media', magnetizer({ folder: feed, path: '/media', announce: [`ws://127.0.0.1:${PORT}/announce`] }));
app.get('/media/live.m3u8', async (_req, res) => {
  const names = (await readdir(feed)).filter((name) => name.endsWith('.ts')).sort();
  res.type('application/vnd.apple.mpegurl').set('Cache-Control', 'no-cache');
  res.send(loopPlaylist(names, 4, (Date.now() - begun) / 1000));
});
app.use('/media', express.static(feed));

app.get('/p2p-loader.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader')));
app.get('/shadow.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader/shadow.js')));
app.get('/low-latency.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader/low-latency.js')));
app.get('/swarm.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader/swarm.js')));
app.get('/p2p-overlay.js', (_req, res) => res.sendFile(built('@live-torrent/p2p-loader/overlay')));
app.get('/sw-proxy.js', (_req, res) => res.sendFile(built('@live-torrent/sw-proxy/classic.js')));
// The players' files at the paths that CDNs of npm packages have.
for (const name of [
  'custom-media-element',
  'hls-video-element',
  'hls.js',
  'media-chrome',
  'media-tracks',
  'shaka-player',
  'video.js',
]) {
  app.use(`/npm/${name}`, express.static(at(`../../node_modules/${name}`)));
}
for (const name of ['hls-js', 'media-chrome', 'native', 'shaka', 'video-js']) {
  app.use(`/${name}`, express.static(at(`../${name}`)));
}
app.use(express.static(at('../site')));

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`));
createTracker({
  streams: [`http://127.0.0.1:${PORT}/media/index.m3u8`, `http://127.0.0.1:${PORT}/media/live.m3u8`],
}).attach(server);

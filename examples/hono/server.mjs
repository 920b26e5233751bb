// @ts-check
/**
 * An origin in Hono, on Node: a folder of VOD, its playlists with magnets. After `npm run build`:
 *
 *     node examples/hono/server.mjs [FOLDER]      # http://127.0.0.1:8080/index.m3u8
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { createFetchHandler, createMagnetizer } from '@live-torrent/manifest-magnetizer';
import { folderReader } from '@live-torrent/manifest-magnetizer/node';
import { Hono } from 'hono';
import { cors } from 'hono/cors';

const { PORT = '8080' } = process.env;
const folder = process.argv[2] ?? fileURLToPath(new URL('../feed', import.meta.url));

const app = new Hono();
app.use(cors(), async (c, next) => {
  await next();
  // A type that Hono's static files do not know.
  if (c.req.path.endsWith('.m3u8') && c.res.ok) c.header('Content-Type', 'application/vnd.apple.mpegurl');
});
app.use(serveStatic({ root: relative('', folder) }));

const magnetizer = createMagnetizer({ ...folderReader({ folder }), announce: ['wss://tracker.example.org'] });
const fetch = createFetchHandler(magnetizer, (request) => app.fetch(request));
serve({ fetch, port: Number(PORT), hostname: '127.0.0.1' });
console.log(`http://127.0.0.1:${PORT}/index.m3u8`);

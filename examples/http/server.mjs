// @ts-check
/**
 * An origin in plain node:http: a folder of VOD, its playlists with magnets. After `npm run build`:
 *
 *     node examples/http/server.mjs [FOLDER]      # http://127.0.0.1:8080/index.m3u8
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import serveStatic from 'serve-static';

const { PORT = '8080' } = process.env;
const folder = process.argv[2] ?? fileURLToPath(new URL('../feed', import.meta.url));

const annotate = magnetizer({ folder, announce: ['wss://tracker.example.org'] });
const files = serveStatic(folder);

createServer((req, res) => {
  res.setHeader('Access-Control-Allow-Origin', '*');
  annotate(req, res, () => files(req, res, () => res.writeHead(404).end()));
}).listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/index.m3u8`));

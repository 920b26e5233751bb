// @ts-check
/**
 * An origin in Fastify: a folder of VOD, its playlists with magnets. After `npm run build`:
 *
 *     node examples/fastify/server.mjs [FOLDER]      # http://127.0.0.1:8080/index.m3u8
 */
import { fileURLToPath } from 'node:url';
import middie from '@fastify/middie';
import files from '@fastify/static';
import { magnetizer } from '@live-torrent/manifest-magnetizer/node';
import fastify from 'fastify';

const { PORT = '8080' } = process.env;
const folder = process.argv[2] ?? fileURLToPath(new URL('../feed', import.meta.url));

const app = fastify();
await app.register(middie);
app.use(magnetizer({ folder, announce: ['wss://tracker.example.org'] }));
await app.register(files, {
  root: folder,
  setHeaders: (reply) => reply.setHeader('Access-Control-Allow-Origin', '*'),
});

await app.listen({ port: Number(PORT), host: '127.0.0.1' });
console.log(`http://127.0.0.1:${PORT}/index.m3u8`);

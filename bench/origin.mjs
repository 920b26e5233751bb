// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { annotatePlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { withInfo } from './magnet-info.mjs';

/** @param {string} path */
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What the pages load. */
const FILES = new Map([
  ['/hls.js', [at('../node_modules/hls.js/dist/hls.mjs'), 'text/javascript']],
  ['/hls.umd.js', [at('../node_modules/hls.js/dist/hls.min.js'), 'text/javascript']],
  ['/p2p-loader.js', [at('../packages/p2p-loader/dist/index.js'), 'text/javascript']],
  ['/sw.js', [at('../packages/sw-proxy/dist/sw.js'), 'text/javascript']],
  ['/watch', [at('./pages/watch.html'), 'text/html; charset=utf-8']],
  ['/watch.js', [at('./pages/watch.js'), 'text/javascript']],
  ['/p2pml.js', [at('../node_modules/.cache/live-torrent/bench/p2pml.js'), 'text/javascript']],
]);

/**
 * A live origin: a sliding window over segments that are cut from now on, with byte and request counters per segment.
 * @param {{ segments: Buffer[], segmentSeconds: number, window: number, announce: string, latencyMs?: number, bytesPerSecond?: number,
 *   failEvery?: number, host?: string, infoSegments?: number }} options
 */
export async function startOrigin(options) {
  const {
    segments,
    segmentSeconds,
    window,
    announce,
    latencyMs = 0,
    bytesPerSecond = 0,
    failEvery = 0,
    infoSegments = 2,
  } = options;
  const stream = createHash('sha1').update(String(Math.random())).digest('hex');
  const magnets = segments.map((bytes) => createSegmentMagnet(bytes));
  const started = Date.now();
  // The window is full from the start, as a feed's that has run for a while.
  const liveEdge = () =>
    Math.min(segments.length, window + Math.floor((Date.now() - started) / (segmentSeconds * 1000)));
  /** @type {Map<number, { bytes: number, requests: number, first: number }>} */
  const served = new Map();
  let playlistBytes = 0;
  let requests = 0;
  const playlist = () => {
    const end = liveEdge();
    const first = Math.max(0, end - window);
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      `#EXT-X-TARGETDURATION:${segmentSeconds}`,
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ];
    for (let i = first; i < end; i++) lines.push(`#EXTINF:${segmentSeconds.toFixed(3)},`, `/live/${i}.ts`);
    return annotatePlaylist(
      `${lines.join('\n')}\n`,
      ({ mediaSequence }) => {
        const made = magnets[mediaSequence];
        return made && (mediaSequence >= end - infoSegments ? withInfo(made) : made.magnet);
      },
      { stream, announce: [announce] },
    );
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://origin');
    const file = FILES.get(url.pathname);
    if (file) {
      response
        .writeHead(200, { 'content-type': file[1], 'cache-control': 'no-store' })
        .end(readFileSync(/** @type {string} */ (file[0])));
      return;
    }
    if (latencyMs) await sleep(latencyMs);
    if (url.pathname === '/live.m3u8') {
      const body = playlist();
      playlistBytes += Buffer.byteLength(body);
      response
        .writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-store' })
        .end(body);
      return;
    }
    const index = Number(/^\/live\/(\d+)\.ts$/.exec(url.pathname)?.[1] ?? -1);
    const bytes = segments[index];
    if (!bytes || index >= liveEdge()) {
      response.writeHead(404).end();
      return;
    }
    requests += 1;
    if (failEvery && requests % failEvery === 0) {
      response.writeHead(503).end();
      return;
    }
    const count = served.get(index) ?? { bytes: 0, requests: 0, first: Date.now() };
    served.set(index, count);
    count.requests += 1;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = range ? Number(range[1]) : 0;
    const to = range?.[2] ? Math.min(Number(range[2]) + 1, bytes.length) : bytes.length;
    response.writeHead(range ? 206 : 200, {
      'content-type': 'video/mp2t',
      'content-length': to - from,
      'cache-control': 'no-store',
      ...(range ? { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` } : {}),
    });
    const chunk = bytesPerSecond ? Math.max(4096, Math.floor(bytesPerSecond / 20)) : 64 * 1024;
    for (let offset = from; offset < to && !response.destroyed; offset += chunk) {
      const part = bytes.subarray(offset, Math.min(to, offset + chunk));
      count.bytes += part.length;
      if (!response.write(part))
        await new Promise((resolve) => {
          response.once('drain', resolve);
          response.once('close', resolve);
        });
      if (bytesPerSecond) await sleep((1000 * part.length) / bytesPerSecond);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, options.host ?? '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    served,
    magnets,
    liveEdge,
    playlistBytes: () => playlistBytes,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  };
}

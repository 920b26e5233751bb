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

/** What the pages load. @type {Map<string, [path: string, type: string]>} */
const FILES = new Map([
  ['/hls.js', [at('../../node_modules/hls.js/dist/hls.min.mjs'), 'text/javascript']],
  ['/p2p-loader.js', [at('../../packages/p2p-loader/dist/index.js'), 'text/javascript']],
  ['/swarm.js', [at('../../packages/p2p-loader/dist/swarm.js'), 'text/javascript']],
  ['/sw.js', [at('../../packages/sw-proxy/dist/sw.js'), 'text/javascript']],
  ['/watch', [at('./pages/watch.html'), 'text/html; charset=utf-8']],
  ['/forward.js', [at('./pages/forward.js'), 'text/javascript']],
  ['/chain.js', [at('./pages/chain.js'), 'text/javascript']],
  ['/wired.js', [at('./pages/wired.js'), 'text/javascript']],
  ['/watch.js', [at('./pages/watch.js'), 'text/javascript']],
  ['/p2pml.js', [at('../../node_modules/.cache/live-torrent/bench/p2pml.js'), 'text/javascript']],
  ['/torrents.js', [at('../../node_modules/.cache/live-torrent/bench/torrents.js'), 'text/javascript']],
]);

/** Until more may be written, or never will be. @param {import('node:http').ServerResponse} response */
const drained = (response) =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve(undefined);
    };
    response.on('drain', done);
    response.on('close', done);
  });

/** @typedef {{ bitsPerSecond: number, width: number, height: number, segments: Buffer[] }} Rendition */

/**
 * A live origin: a sliding window over segments that are cut from now on, with byte and request counters per segment. One
 * rendition is a Media Playlist, several are named by a Multivariant Playlist; both are /live.m3u8.
 * @param {{ renditions: Rendition[], segmentSeconds: number, window: number, announce: string, latencyMs?: number,
 *   bytesPerSecond?: number, failShare?: number, host?: string }} options
 *   latencyMs before each answer, bytesPerSecond of each answer, failShare of the segment requests is answered with 503
 */
export async function startOrigin(options) {
  const { renditions, segmentSeconds, window, announce, latencyMs = 0, bytesPerSecond = 0, failShare = 0 } = options;
  const host = options.host ?? '127.0.0.1';
  const stream = createHash('sha1').update(String(Math.random())).digest('hex');
  const magnets = renditions.map(({ segments }) => segments.map((bytes) => createSegmentMagnet(bytes)));
  const count = Math.min(...renditions.map(({ segments }) => segments.length));
  const started = Date.now();
  // The window is full from the start, as a feed's that has run for a while.
  const liveEdge = () => Math.min(count, window + Math.floor((Date.now() - started) / (segmentSeconds * 1000)));
  /** By rendition and Media Sequence Number: `0/17`. @type {Map<string, { bytes: number, requests: number, length: number }>} */
  const served = new Map();
  let playlistBytes = 0;
  let requests = 0;
  let failures = 0;

  const multivariantPlaylist = () => {
    const lines = ['#EXTM3U'];
    for (const [i, { bitsPerSecond, width, height }] of renditions.entries()) {
      lines.push(
        `#EXT-X-STREAM-INF:BANDWIDTH=${bitsPerSecond},RESOLUTION=${width}x${height},CODECS="avc1.42c01e,mp4a.40.2"`,
        `/${i}/live.m3u8`,
      );
    }
    return `${lines.join('\n')}\n`;
  };
  /** @param {number} rendition */
  const mediaPlaylist = (rendition) => {
    const end = liveEdge();
    const first = Math.max(0, end - window);
    const lines = [
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      `#EXT-X-TARGETDURATION:${segmentSeconds}`,
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ];
    for (let i = first; i < end; i++) lines.push(`#EXTINF:${segmentSeconds.toFixed(3)},`, `/${rendition}/${i}.ts`);
    return annotatePlaylist(
      `${lines.join('\n')}\n`,
      ({ mediaSequence }) => {
        const made = magnets[rendition]?.[mediaSequence];
        return made && (mediaSequence >= end - 2 ? withInfo(made) : made.magnet);
      },
      { stream, announce: [announce] },
    );
  };
  /** @param {string} path @returns {string | undefined} */
  const playlist = (path) => {
    if (path === '/live.m3u8') return renditions.length > 1 ? multivariantPlaylist() : mediaPlaylist(0);
    const rendition = Number(/^\/(\d+)\/live\.m3u8$/.exec(path)?.[1] ?? -1);
    return renditions[rendition] && mediaPlaylist(rendition);
  };

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://origin');
    const file = FILES.get(pathname);
    if (file) {
      response.writeHead(200, { 'content-type': file[1], 'cache-control': 'no-store' }).end(readFileSync(file[0]));
      return;
    }
    if (latencyMs) await sleep(latencyMs);
    const text = playlist(pathname);
    if (text !== undefined) {
      playlistBytes += Buffer.byteLength(text);
      response
        .writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-store' })
        .end(text);
      return;
    }
    const [, rendition = -1, number = -1] = (/^\/(\d+)\/(\d+)\.ts$/.exec(pathname) ?? []).map(Number);
    const bytes = renditions[rendition]?.segments[number];
    if (!bytes || number >= liveEdge()) {
      response.writeHead(404).end();
      return;
    }
    requests += 1;
    if (Math.floor(requests * failShare) > failures) {
      failures += 1;
      response.writeHead(503).end();
      return;
    }
    const key = `${rendition}/${number}`;
    const counted = served.get(key) ?? { bytes: 0, requests: 0, length: bytes.length };
    served.set(key, counted);
    counted.requests += 1;
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
      counted.bytes += part.length;
      if (!response.write(part)) await drained(response);
      if (bytesPerSecond) await sleep((1000 * part.length) / bytesPerSecond);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, host, () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://${host}:${port}`,
    served,
    playlistBytes: () => playlistBytes,
    failures: () => failures,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  };
}

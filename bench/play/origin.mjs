// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { annotatePlaylist } from '@live-torrent/manifest-magnetizer';
import { createSegmentMagnet } from '@live-torrent/manifest-magnetizer/torrent';
import { startOrigin as serveCounted } from '../../harness/origin.mjs';
import { pageScripts, root, typeOf } from '../../harness/page-files.mjs';
import { withInfo } from './magnet-info.mjs';

/** What the pages of the bench load beside the built scripts: files of the repository. */
const PAGES = {
  '/watch': 'bench/play/pages/watch.html',
  '/forward.js': 'bench/play/pages/forward.js',
  '/chain.js': 'bench/play/pages/chain.js',
  '/wired.js': 'bench/play/pages/wired.js',
  '/watch.js': 'bench/play/pages/watch.js',
  '/p2pml.js': 'node_modules/.cache/live-torrent/bench/p2pml.js',
  '/torrents.js': 'node_modules/.cache/live-torrent/bench/torrents.js',
};
/** @type {ReadonlyMap<string, string>} */
const FILES = new Map(Object.entries({ ...pageScripts, ...PAGES }));
const SEGMENT = /^\/(\d+)\/(\d+)\.ts$/;
const CACHING = 'no-store';

/** By path: what was read, compressed as sites do. @type {Map<string, import('../../harness/origin.mjs').Content>} */
const pages = new Map();

/** What a page of the bench loads; undefined: nothing is there. @param {string} path @returns {import('../../harness/origin.mjs').Content | undefined} */
export function pageAt(path) {
  const file = FILES.get(path);
  if (file === undefined) return undefined;
  const read = pages.get(path);
  if (read) return read;
  const bytes = readFileSync(join(root, file));
  const page = { bytes, zipped: gzipSync(bytes), type: typeOf(path), caching: CACHING };
  pages.set(path, page);
  return page;
}

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
  const stream = createHash('sha1').update(String(Math.random())).digest('hex');
  const magnets = renditions.map(({ segments }) => segments.map((bytes) => createSegmentMagnet(bytes)));
  const count = Math.min(...renditions.map(({ segments }) => segments.length));
  const started = Date.now();
  // The window is full from the start, as a feed's that has run for a while.
  const liveEdge = () => Math.min(count, window + Math.floor((Date.now() - started) / (segmentSeconds * 1000)));
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
      `#EXT-X-TARGETDURATION:${Math.ceil(segmentSeconds)}`,
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
  /** @param {string} path @returns {Buffer | undefined} a segment that was cut */
  const segment = (path) => {
    const [, rendition = -1, number = -1] = (SEGMENT.exec(path) ?? []).map(Number);
    return number < liveEdge() ? renditions[rendition]?.segments[number] : undefined;
  };

  const origin = await serveCounted({
    host: options.host,
    cors: false,
    latency: latencyMs,
    rate: bytesPerSecond,
    pages: pageAt,
    fail: (path) => {
      if (!segment(path)) return undefined;
      requests += 1;
      if (Math.floor(requests * failShare) <= failures) return undefined;
      failures += 1;
      return 503;
    },
    read: (path) => {
      const text = playlist(path);
      const bytes = text === undefined ? segment(path) : Buffer.from(text);
      return bytes && { bytes, type: text === undefined ? 'video/mp2t' : typeOf('.m3u8'), caching: CACHING };
    },
  });
  return {
    url: origin.url.replace(/\/$/, ''),
    /** By rendition and Media Sequence Number: `0/17`. @returns {[key: string, bytes: number, requests: number, length: number][]} */
    served: () =>
      [...origin.counts].flatMap(([path, { browsers, others }]) => {
        const [, rendition = -1, number = -1] = (SEGMENT.exec(path) ?? []).map(Number);
        const bytes = renditions[rendition]?.segments[number];
        if (!bytes) return [];
        const row = [browsers.bytes + others.bytes, browsers.requests + others.requests, bytes.length];
        return [/** @type {[string, number, number, number]} */ ([`${rendition}/${number}`, ...row])];
      }),
    /** When the first picture of a segment was taken, ms since 1970. @param {number} mediaSequence */
    cutAt: (mediaSequence) => started + (mediaSequence - window) * segmentSeconds * 1000,
    playlistBytes: () => {
      const { browsers, others } = origin.sent(/\.m3u8$/);
      return browsers.bytes + others.bytes;
    },
    failures: () => failures,
    close: origin.close,
  };
}

// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { joined } from './low-latency-feed.mjs';
import { serve } from './serve.mjs';

/** Segments whose parts are listed, before the one that grows: three target durations (draft-pantos-hls-rfc8216bis §4.4.4.9). */
const WITH_PARTS = 3;
/** A blocking reload for what is further away than this many segments is refused (§6.2.5.2). */
const FARTHEST_BLOCK = 2;
/** Parts from the edge that a player stays behind: the draft's three times PART-TARGET (§4.4.3.8). */
const HOLD_BACK_PARTS = 3;
/** Target durations that a delta update leaves whole (§4.4.3.8). */
const SKIP_UNTIL = 6;

/**
 * @typedef {import('./low-latency-feed.mjs').LowLatencyFeed} LowLatencyFeed
 * @typedef {{ bytes: number, requests: number, length: number }} Served
 * @typedef {object} PlaylistQuery `_HLS_msn`, `_HLS_part` and `_HLS_skip`
 * @property {number | undefined} msn @property {number | undefined} part @property {boolean} skip
 */

/**
 * A Low-Latency HLS origin (draft-pantos-hls-rfc8216bis): parts with INDEPENDENT as files of their own or as byte ranges of their segment,
 * preload hints whose requests wait, blocking reloads, delta updates, rendition reports.
 * @param {{ renditions: LowLatencyFeed[], bitsPerSecond?: number[], window?: number, ranges?: boolean, latencyMs?: number, headStart?: number,
 *   now?: () => number, begun?: number, decorate?: import('node:http').RequestListener,
 *   annotate?: (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse, next: () => void) => void }} options
 *   ranges: parts are byte ranges; latencyMs before each answer; headStart: segments that are there at first;
 *   decorate: answers what is no stream's; annotate: a middleware for the playlists
 */
export async function startLowLatencyOrigin(options) {
  const { renditions, window = 8, ranges = false, latencyMs = 0, headStart = window, now = Date.now } = options;
  const [{ partSeconds, partsPerSegment, segments }] = /** @type {[LowLatencyFeed]} */ (renditions);
  const begun = options.begun ?? now();
  const segmentSeconds = partSeconds * partsPerSegment;
  /** By path. @type {Map<string, Served>} */
  const served = new Map();
  /** Paths of media, and queries of playlist requests, in the order in which they were asked for. @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const queries = [];
  let playlistBytes = 0;

  /** Parts that are there. */
  const edge = () =>
    Math.min(
      segments.length * partsPerSegment,
      headStart * partsPerSegment + Math.floor((now() - begun) / (partSeconds * 1000)),
    );
  const dueAt = (/** @type {number} */ parts) => begun + (parts - headStart * partsPerSegment) * partSeconds * 1000;
  /** Until so many parts are there. @param {number} parts @param {import('node:http').ServerResponse} response */
  const until = async (parts, response) => {
    while (edge() < parts && !response.destroyed) await sleep(Math.max(1, Math.min(100, dueAt(parts) - now())));
  };

  /** @param {number} rendition @param {number} msn */
  const segmentAt = (rendition, msn) => renditions[rendition]?.segments[msn];
  /** The URI of a part and, as a byte range, where it lies. @param {number} rendition @param {number} msn @param {number} part */
  const placeOf = (rendition, msn, part) => {
    const { extension } = /** @type {LowLatencyFeed} */ (renditions[rendition]);
    if (!ranges) return { uri: `part-${msn}.${part}.${extension}`, from: undefined };
    const before = segmentAt(rendition, msn)?.slice(0, part) ?? [];
    return { uri: `segment-${msn}.${extension}`, from: before.reduce((sum, { bytes }) => sum + bytes.length, 0) };
  };

  /** @param {number} rendition @param {PlaylistQuery} query */
  const mediaPlaylist = (rendition, { skip }) => {
    const { init, extension } = /** @type {LowLatencyFeed} */ (renditions[rendition]);
    const parts = edge();
    const growing = Math.floor(parts / partsPerSegment);
    const first = Math.max(0, growing - window);
    const skipped = skip ? Math.max(0, growing - SKIP_UNTIL - first) : 0;
    const lines = [
      '#EXTM3U',
      `#EXT-X-TARGETDURATION:${Math.ceil(segmentSeconds)}`,
      '#EXT-X-VERSION:9',
      `#EXT-X-PART-INF:PART-TARGET=${partSeconds.toFixed(5)}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(HOLD_BACK_PARTS * partSeconds).toFixed(3)},CAN-SKIP-UNTIL=${(SKIP_UNTIL * segmentSeconds).toFixed(1)}`,
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ];
    if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
    if (init && skipped === 0) lines.push('#EXT-X-MAP:URI="init.mp4"');
    for (let msn = first + skipped; msn <= growing; msn++) {
      const there = Math.min(partsPerSegment, parts - msn * partsPerSegment);
      if (there > 0) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(dueAt(msn * partsPerSegment)).toISOString()}`);
      for (let part = 0; part < there && msn >= growing - WITH_PARTS; part++) {
        const one = segmentAt(rendition, msn)?.[part];
        if (!one) continue;
        const { bytes, independent } = one;
        const { uri, from } = placeOf(rendition, msn, part);
        const range = from === undefined ? '' : `,BYTERANGE="${bytes.length}@${from}"`;
        const of = independent ? ',INDEPENDENT=YES' : '';
        lines.push(`#EXT-X-PART:DURATION=${partSeconds.toFixed(5)},URI="${uri}"${range}${of}`);
      }
      if (msn < growing) lines.push(`#EXTINF:${segmentSeconds.toFixed(5)},`, `segment-${msn}.${extension}`);
    }
    if (parts < segments.length * partsPerSegment) {
      const { uri, from } = placeOf(rendition, growing, parts % partsPerSegment);
      lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${uri}"${from === undefined ? '' : `,BYTERANGE-START=${from}`}`);
    }
    const last = parts - 1;
    for (const [other] of renditions.entries()) {
      if (other === rendition) continue;
      const at = `LAST-MSN=${Math.floor(last / partsPerSegment)},LAST-PART=${last % partsPerSegment}`;
      lines.push(`#EXT-X-RENDITION-REPORT:URI="../${other}/live.m3u8",${at}`);
    }
    return `${lines.join('\n')}\n`;
  };

  const multivariantPlaylist = () => {
    const lines = ['#EXTM3U', '#EXT-X-INDEPENDENT-SEGMENTS'];
    for (const [i] of renditions.entries()) {
      const bandwidth = options.bitsPerSecond?.[i] ?? 1_000_000 * (i + 1);
      lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},CODECS="avc1.42c01e,mp4a.40.2"`, `${i}/live.m3u8`);
    }
    return `${lines.join('\n')}\n`;
  };

  /** Answers a playlist request; a blocking one once that is there. @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const answerPlaylist = async (request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://origin');
    queries.push(search);
    const number = (/** @type {string} */ name) => {
      const value = searchParams.get(name);
      return value === null ? undefined : Number(value);
    };
    const query = { msn: number('_HLS_msn'), part: number('_HLS_part'), skip: searchParams.get('_HLS_skip') !== null };
    const rendition = Number(/^\/(\d+)\/live\.m3u8$/.exec(pathname)?.[1] ?? 0);
    if (query.msn !== undefined || query.part !== undefined) {
      const growing = Math.floor(edge() / partsPerSegment);
      const { msn = Number.NaN, part } = query;
      if (!(msn <= growing + FARTHEST_BLOCK) || (part !== undefined && !(part >= 0)))
        return void response.writeHead(400).end();
      await until(Math.min(segments.length, msn) * partsPerSegment + (part ?? partsPerSegment - 1) + 1, response);
    }
    const isMultivariant = pathname === '/live.m3u8' && renditions.length > 1;
    const text = isMultivariant ? multivariantPlaylist() : mediaPlaylist(rendition, query);
    response.setHeader('content-type', 'application/vnd.apple.mpegurl');
    response.setHeader('cache-control', 'no-store');
    response.end(text);
  };

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const answer = async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://origin');
    response.setHeader('access-control-allow-origin', '*');
    if (/^\/(?:\d+\/)?live\.m3u8$/.test(pathname)) {
      if (latencyMs) await sleep(latencyMs);
      const counted = countedEnd(response, (bytes) => {
        playlistBytes += bytes;
      });
      if (!options.annotate) return answerPlaylist(request, counted);
      options.annotate(request, counted, () => void answerPlaylist(request, counted));
      return;
    }
    const [, place = '0', name, msnText = '', partText] =
      /^\/(?:(\d+)\/)?(init|segment|part)(?:-(\d+)(?:\.(\d+))?)?\.(?:mp4|m4s|ts)$/.exec(pathname) ?? [];
    const feed = renditions[Number(place)];
    if (!feed || !name) {
      if (options.decorate) options.decorate(request, response);
      else response.writeHead(404).end();
      return;
    }
    if (latencyMs) await sleep(latencyMs);
    const type = feed.extension === 'ts' ? 'video/mp2t' : 'video/mp4';
    if (name === 'init') return void response.writeHead(200, { 'content-type': type }).end(feed.init);
    const msn = Number(msnText);
    const segment = feed.segments[msn];
    const parts = partText === undefined ? segment : segment?.slice(Number(partText), Number(partText) + 1);
    // One part ahead of the edge is hinted, and what is of the growing segment comes as it is made.
    if (!parts?.length || msn * partsPerSegment + Number(partText ?? 0) > edge())
      return void response.writeHead(404).end();
    asked.push(pathname);
    const whole = joined(parts);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = range ? Number(range[1]) : 0;
    const to = Math.min(whole.length, range?.[2] ? Number(range[2]) + 1 : whole.length);
    const key = range && ranges ? `${pathname}#${from}` : pathname;
    const counted = served.get(key) ?? { bytes: 0, requests: 0, length: to - from };
    served.set(key, counted);
    counted.requests += 1;
    const isThere = edge() >= (msn + 1) * partsPerSegment;
    const sized = isThere || partText !== undefined || range?.[2];
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      ...(sized ? { 'content-length': to - from } : {}),
      ...(range ? { 'content-range': `bytes ${from}-${to - 1}/${isThere ? whole.length : '*'}` } : {}),
    };
    let at = 0;
    for (const [i, { bytes }] of parts.entries()) {
      const begin = Math.max(from, at) - at;
      const end = Math.min(to, at + bytes.length) - at;
      at += bytes.length;
      if (end <= begin) continue;
      await until(msn * partsPerSegment + Number(partText ?? i) + 1, response);
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(range ? 206 : 200, headers);
      response.write(bytes.subarray(begin, end));
      counted.bytes += end - begin;
    }
    if (!response.headersSent) response.writeHead(416);
    response.end();
  };

  const { url, close } = await serve((request, response) => void answer(request, response));
  return {
    url: new URL(url).origin,
    served,
    asked,
    queries,
    edge,
    partSeconds,
    partsPerSegment,
    playlistBytes: () => playlistBytes,
    close,
  };
}

/** @param {import('node:http').ServerResponse} response @param {(bytes: number) => void} count */
function countedEnd(response, count) {
  const end = response.end;
  response.end = /** @type {typeof end} */ (
    (/** @type {any} */ chunk, /** @type {any[]} */ ...rest) => {
      if (chunk && typeof chunk !== 'function') count(Buffer.byteLength(chunk));
      return /** @type {Function} */ (end).call(response, chunk, ...rest);
    }
  );
  return response;
}

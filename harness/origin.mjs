// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from './serve.mjs';

/**
 * @typedef {object} Content what is at a path
 * @property {Uint8Array} bytes
 * @property {string} type Content-Type
 * @property {string} caching Cache-Control
 * @property {Uint8Array} [zipped] the bytes by gzip, for pages
 *
 * @typedef {{ requests: number, bytes: number }} Count requests, and payload bytes sent
 * @typedef {{ readonly browsers: Count, readonly others: Count }} PathCount
 *   what was served of one path: to browsers (they send Sec-Fetch-* headers) and to everybody else
 *
 * @typedef {object} OriginOptions
 * @property {(path: string, url: string) => Content | undefined | Promise<Content | undefined>} read
 * @property {(path: string) => Content | undefined} [pages] what goes out at once and is not counted, whatever else is said here
 * @property {string | undefined} [host] the address to listen on; default 127.0.0.1
 * @property {boolean} [cors] whether answers carry Access-Control-Allow-Origin; default true
 * @property {number} [latency] before each answer, ms; default 0
 * @property {number} [rate] bytes a second of each answer; default: no limit
 * @property {(path: string, fromBrowser: boolean) => number | undefined} [fail] a status to answer with instead
 *
 * @typedef {Awaited<ReturnType<typeof startOrigin>>} Origin
 */

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'range' };
/** Parts of an answer whose rate is limited, a second, and the smallest one, bytes. */
const PARTS = 20;
const MIN_PART = 4 * 1024;
/** A part of an answer whose rate is not, bytes. */
const PART = 64 * 1024;

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

/**
 * An HTTP server that counts what it sends, to whom, as it is sent.
 * @param {OriginOptions} options
 */
export async function startOrigin({ read, pages, host, cors = true, latency = 0, rate = 0, fail }) {
  /** @type {Map<string, PathCount>} */
  const counts = new Map();
  const headers = cors ? CORS : {};

  /** One more request; its bytes are counted as they are sent. @param {string} path @param {boolean} fromBrowser */
  const begin = (path, fromBrowser) => {
    const entry = counts.get(path) ?? { browsers: { requests: 0, bytes: 0 }, others: { requests: 0, bytes: 0 } };
    counts.set(path, entry);
    const count = fromBrowser ? entry.browsers : entry.others;
    count.requests += 1;
    return count;
  };

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const answer = async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', served.url).pathname);
    const page = pages?.(path);
    if (page) {
      const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'])) ? page.zipped : undefined;
      const encoding = zipped && { 'content-encoding': 'gzip' };
      response
        .writeHead(200, { 'content-type': page.type, 'cache-control': page.caching, ...encoding })
        .end(zipped ?? page.bytes);
      return;
    }
    const fromBrowser = request.headers['sec-fetch-site'] !== undefined;
    if (latency) await sleep(latency);
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end();
    const failure = fail?.(path, fromBrowser);
    if (failure !== undefined) return void response.writeHead(failure, headers).end();
    const content = await read(path, new URL(path, served.url).href);
    if (content === undefined) return void response.writeHead(404, headers).end();
    const { bytes, type, caching } = content;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const body = bytes.subarray(from, range?.[2] ? Number(range[2]) + 1 : bytes.length);
    response.writeHead(range ? 206 : 200, {
      ...headers,
      ...(range ? { 'content-range': `bytes ${from}-${from + body.length - 1}/${bytes.length}` } : {}),
      'content-type': type,
      'content-length': body.length,
      'accept-ranges': 'bytes',
      'cache-control': caching,
    });
    const count = begin(path, fromBrowser);
    const step = rate ? Math.max(MIN_PART, Math.floor(rate / PARTS)) : PART;
    for (let at = 0; request.method !== 'HEAD' && at < body.length && !response.destroyed; at += step) {
      const part = body.subarray(at, at + step);
      count.bytes += part.length;
      if (!response.write(part)) await drained(response);
      if (rate) await sleep((1000 * part.length) / rate);
    }
    response.end();
  };

  const served = await serve(
    (request, response) => {
      answer(request, response).catch((error) => {
        if (!response.headersSent) response.writeHead(500, headers);
        response.end(String(error));
      });
    },
    host === undefined ? {} : { host },
  );

  return {
    /** With a final slash. */
    url: served.url,
    /** What was sent so far, by path. @type {ReadonlyMap<string, PathCount>} */
    counts,
    /** What was sent so far of each path that `pattern` matches, summed. @param {RegExp} pattern @returns {PathCount} */
    sent(pattern) {
      const sum = { browsers: { requests: 0, bytes: 0 }, others: { requests: 0, bytes: 0 } };
      for (const [path, count] of counts) {
        if (!pattern.test(path)) continue;
        for (const who of /** @type {const} */ (['browsers', 'others'])) {
          sum[who].requests += count[who].requests;
          sum[who].bytes += count[who].bytes;
        }
      }
      return sum;
    },
    close: served.close,
  };
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors.js';
import { sendBytes } from '../http/send.js';
import type { Counters, Exchange } from '../source.js';
import type { Route } from './route-table.js';
import { MAX_SEGMENT_BYTES, type SegmentFetcher } from './segment-fetcher.js';
import { bodyChunks, fetchUpstream, SEGMENT_TIMEOUT } from './upstream-fetch.js';

/** Headers of the upstream's answer to a Range request that the viewer gets. */
const RANGE_HEADERS = ['content-type', 'cache-control', 'content-length', 'content-range', 'etag', 'last-modified'];

/**
 * Sends a segment, initialization section or key of the upstream: from memory, or while it arrives.
 * A Range of something that is not here is passed on.
 * @throws {UpstreamError} before anything is sent.
 */
export async function sendRouted(
  { req, res }: Exchange,
  { url, kind }: Route,
  segments: SegmentFetcher,
  counters: Counters,
): Promise<void> {
  const count = (bytes: number): void => {
    if (kind === 'segment') counters.segmentBytesServed += bytes;
  };
  if (kind === 'segment') counters.segmentRequests++;
  const kept = segments.kept(url);
  if (kept !== undefined) {
    count(sendBytes(req, res, kept));
    return;
  }
  if (req.headers.range !== undefined) {
    const headers = { Range: req.headers.range };
    const answer = await fetchUpstream(segments.client, url, { headers, signal: AbortSignal.timeout(SEGMENT_TIMEOUT) });
    for (const name of RANGE_HEADERS) {
      const value = answer.header(name);
      if (value !== undefined) res.setHeader(name, value);
    }
    res.writeHead(answer.status);
    await send(bodyChunks(answer, url, MAX_SEGMENT_BYTES));
    return;
  }
  const { type, cacheControl, length, read } = await segments.arriving(url);
  res.setHeader('Content-Type', type);
  res.setHeader('Cache-Control', cacheControl);
  res.setHeader('Accept-Ranges', 'bytes');
  if (length !== undefined) res.setHeader('Content-Length', length);
  await send(read.chunks());

  async function send(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    try {
      await pipeline(Readable.from(counted(chunks)), res);
    } catch (error) {
      // The viewer has gone: nobody is left to tell.
      if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    }
  }

  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      count(chunk.length);
      yield chunk;
    }
  }
}

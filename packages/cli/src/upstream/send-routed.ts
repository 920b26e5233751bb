import { sendBytes, sendWhole } from '../http/send.js';
import { addVary } from '../http/vary.js';
import type { Counters, Exchange } from '../source.js';
import type { HttpClient, ViewerCredentials } from './http-client.js';
import { passOn, sendChunks } from './pass-on.js';
import type { FetchedRange, RangeReads } from './range-reads.js';
import type { Route } from './route-table.js';
import { ApartError, type ArrivingSegment, type SegmentFetcher } from './segment-fetcher.js';
import { UpstreamError } from './upstream-error.js';
import { credentialsOf } from './viewer-credentials.js';

/** Sends what is another one for each viewer. */
export type SendDocument = (
  exchange: Exchange,
  url: string,
  client: HttpClient,
  as: ViewerCredentials,
) => Promise<void>;

/**
 * Sends what a playlist of the upstream names, and is none itself. Keys and documents are for the viewer who asks: what it is to the upstream
 * decides, and nothing is kept. So are segments that the upstream refuses to us. All others are one reading for all viewers: from memory, or while
 * it arrives; and what cannot be that, such as a Range of something that is not here, is passed on.
 * @throws {UpstreamError} before anything is sent, or when the upstream breaks off.
 */
export async function sendRouted(
  exchange: Exchange,
  route: Route,
  segments: SegmentFetcher,
  ranges: RangeReads,
  counters: Counters,
  sendDocument: SendDocument,
): Promise<void> {
  const { req, res } = exchange;
  const { url, kind } = route;
  const { client } = segments;
  const count = (bytes: number): void => {
    if (kind === 'segment') counters.segmentBytesServed += bytes;
  };
  if (kind === 'segment') counters.segmentRequests++;
  const credentials = credentialsOf(req, url);
  const forThisViewer = (): Promise<void> => {
    addVary(res, 'Authorization, Cookie');
    return passOn(exchange, url, { client, as: credentials ?? {}, cacheControl: 'no-store', count });
  };
  if (kind === 'key') return forThisViewer();
  if (kind === 'document') return sendDocument(exchange, url, client, credentials ?? {});

  const kept = segments.kept(route);
  if (kept !== undefined) {
    sendBytes(req, res, kept, count);
    return;
  }
  if (credentials !== undefined && segments.isDenied(url)) return forThisViewer();
  const forAnyViewer = (): Promise<void> => passOn(exchange, url, { client, as: undefined, count });
  const range = await sharedRange(req.headers.range, url, ranges);
  if (range !== undefined && req.method === 'GET') {
    res.setHeader('Content-Range', range.contentRange);
    sendWhole(res, 206, range, count);
    return;
  }
  if (req.method === 'HEAD' || req.headers.range !== undefined) {
    return forAnyViewer().catch((error) => {
      if (credentials === undefined || !isDenied(error)) throw error;
      return forThisViewer();
    });
  }
  let arriving: ArrivingSegment;
  try {
    arriving = await segments.arriving(route);
  } catch (error) {
    if (error instanceof ApartError) return forAnyViewer();
    if (credentials !== undefined && isDenied(error)) return forThisViewer();
    throw error;
  }
  const { type, cacheControl, length, read } = arriving;
  if (read.tooLong) return forAnyViewer();
  res.setHeader('Content-Type', type);
  if (cacheControl !== undefined) res.setHeader('Cache-Control', cacheControl);
  res.setHeader('Accept-Ranges', 'bytes');
  if (length !== undefined) res.setHeader('Content-Length', length);
  await sendChunks(res, read.chunks(), count);
}

/** The byte range that is asked for where it is a segment, and is being read for the magnetizer, or was. */
async function sharedRange(
  asked: string | undefined,
  url: string,
  ranges: RangeReads,
): Promise<FetchedRange | undefined> {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(asked ?? '') ?? [];
  if (first === undefined) return undefined;
  return ranges.find(url, Number(first), Number(last) - Number(first) + 1)?.catch(() => undefined);
}

function isDenied(error: unknown): boolean {
  return error instanceof UpstreamError && error.denied;
}

import { awaitBody, type BodyReply, type NoBody } from './await-body.js';
import type { ClientLike } from './environment.js';
import { Inbox } from './inbox.js';
import { mediaType } from './media-type.js';
import { paceMs } from './pacing.js';
import {
  type PlayerRequest,
  post,
  type RequestedRange,
  type SegmentHead,
  type WorkerMessage,
  withoutFragment,
} from './protocol.js';
import { contentRange } from './range.js';
import { type Exchange, segmentBody } from './segment-body.js';

/** A request for a segment that a page's loader has named. */
export interface SegmentQuery extends Omit<Exchange, 'inbox'> {
  readonly client: ClientLike;
  /** The loader's name. */
  readonly source: string;
  /** As the loader named it: the request's own URL may have a fragment, and what the player put into its query. */
  readonly url: string;
  readonly range: RequestedRange | undefined;
  /** Asked for by a media element itself. */
  readonly byElement: boolean;
}

/** Asks the page for a segment. Without a Response the network is to be asked. */
export async function pageResponse(query: SegmentQuery): Promise<Response | NoBody> {
  const { request, client, environment, settings, source, url, range, byElement } = query;
  const since = environment.now();
  const { port1, port2 } = new MessageChannel();
  const inbox = new Inbox(port1, request.signal, environment.schedule);
  const wanted = { ...(range && { range }), ...(byElement && { blob: true as const }) };
  client.postMessage(post<WorkerMessage>({ type: 'segment', source, url, request: askedBy(request), ...wanted }), [
    port2,
  ]);
  const reply = await awaitBody(inbox, settings.deadline, environment.now);
  if (typeof reply === 'string' || !fits(reply.head, range)) {
    inbox.cancel();
    return typeof reply === 'string' ? reply : 'refused';
  }
  if (byElement || reply.type === 'blob') {
    inbox.cancel();
    return reply.type === 'blob' ? await blobResponse(query, reply, since) : 'refused';
  }
  return new Response(segmentBody({ ...query, inbox }, reply, since), {
    status: range ? 206 : 200,
    headers: {
      'Content-Type': reply.head.contentType ?? mediaType(url),
      'Content-Length': String(reply.head.length),
      'Accept-Ranges': 'bytes',
      ...(range && { 'Content-Range': contentRange(reply.head) }),
    },
  });
}

/**
 * What a media element takes: Chromium's HLS (156) ends play at a Response without a URL, and `new Response` never has one. The
 * Response to a fetch of a blob's URL does.
 */
async function blobResponse(
  { request, environment, settings }: SegmentQuery,
  { url, transferMs }: Extract<BodyReply, { type: 'blob' }>,
  since: number,
): Promise<Response | NoBody> {
  const wait = settings.pacing ? paceMs(transferMs, environment.now() - since) : 0;
  if (wait > 0) await new Promise<void>((resolve) => environment.schedule(resolve, wait));
  const range = request.headers.get('Range');
  try {
    return await environment.fetch(new Request(url, range === null ? {} : { headers: { Range: range } }));
  } catch {
    // A Content-Security-Policy of the worker that lets it connect to no `blob:`, or the page has gone.
    return 'refused';
  }
}

/** Whether the page gives what was asked for: the resource, or the range of it. */
function fits({ offset, length, total }: SegmentHead, range: RequestedRange | undefined): boolean {
  if (length === 0) return false;
  if (!range) return offset === 0 && length === total;
  if (range.first < 0)
    return total !== undefined && offset === Math.max(0, total + range.first) && offset + length === total;
  const end = range.last === undefined ? total : Math.min(range.last + 1, total ?? Number.POSITIVE_INFINITY);
  return offset === range.first && offset + length === end;
}

/** What browsers set themselves, and what the answer is cut to. */
const NOT_THE_PLAYERS = /^(?:accept|accept-language|range|user-agent|sec-.*|cmcd-.*)$/i;

const askedBy = ({ url, headers, credentials, mode }: Request): PlayerRequest => ({
  url: withoutFragment(url),
  headers: [...headers].filter(([name]) => !NOT_THE_PLAYERS.test(name)),
  // Without CORS these are always sent; the page asks with CORS, where a redirect to a host that allows all pages (`*`) would fail with them.
  credentials: mode === 'no-cors' ? 'same-origin' : credentials,
});

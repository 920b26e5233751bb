import { toBase64Url } from '../base64url.js';
import type { Magnetizer } from '../magnetizer/magnetizer.js';
import { MAX_PLAYLIST_LENGTH } from '../playlist/limits.js';
import { platformSha1 } from '../sha1.js';
import { contentCodings } from './content-codings.js';
import { CONDITIONAL_HEADERS, isPlaylistPath, isPlaylistType, matchesETag } from './playlist-http.js';

/** What every platform's `fetch` decodes (RFC 9110 §8.4.1, RFC 7932). */
const FETCH_DECODES = new Set(['gzip', 'x-gzip', 'deflate', 'br']);
/** How bytes begin that are encoded by zstd (RFC 8878 §3.1.1), which some platforms' `fetch` decodes. */
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** Answers a request. */
export type FetchHandler = (request: Request) => Promise<Response>;

/**
 * Annotates the playlists that a Fetch-API handler answers with, as in Hono, Deno and edge runtimes: 200 answers to GET whose
 * Content-Type or path is that of a playlist. Content-Length and ETag become those of the annotated playlist; everything else stays.
 * @param next the handler, or a `fetch` of an upstream: then relative URIs mean the URL after redirects
 */
export function createFetchHandler(
  magnetizer: Magnetizer,
  next: (request: Request) => Response | Promise<Response>,
): FetchHandler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next(request);
    const onPlaylistPath = isPlaylistPath(new URL(request.url).pathname);
    const response = await next(onPlaylistPath ? withoutConditions(request) : request);
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || !(onPlaylistPath || isPlaylistType(type))) return response;
    const headers = new Headers(response.headers);
    const validator = headers.get('etag') ?? headers.get('last-modified') ?? undefined;
    for (const name of ['etag', 'content-length', 'accept-ranges']) headers.delete(name);
    if (request.method === 'HEAD') return new Response(null, { status: 200, statusText: response.statusText, headers });
    const body = decoded(response, headers);
    if (!body) return response;

    const { first, read } = await readAtMost(body, MAX_PLAYLIST_LENGTH);
    const { statusText } = response;
    if (ZSTD_MAGIC.every((byte, i) => first?.[i] === byte))
      return new Response(read, { statusText, headers: response.headers });
    if (read instanceof ReadableStream) return new Response(read, { statusText, headers });
    const url = response.url || request.url;
    const annotated = await magnetizer.magnetize(read, { url, signal: request.signal, validator });
    const etag = `"${toBase64Url(await platformSha1(annotated))}"`;
    headers.set('ETag', etag);
    if (matchesETag(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    headers.set('Content-Length', String(annotated.length));
    return new Response(annotated as Uint8Array<ArrayBuffer>, { statusText, headers });
  };
}

function withoutConditions(request: Request): Request {
  const headers = new Headers(request.headers);
  for (const name of CONDITIONAL_HEADERS) headers.delete(name);
  return new Request(request, { headers });
}

/** The body without Content-Encoding; undefined where there is none, or it is encoded in a way that the platform cannot undo. */
function decoded(response: Response, headers: Headers): ReadableStream<Uint8Array> | undefined {
  const codings = contentCodings(headers.get('content-encoding'));
  const [coding, ...more] = codings;
  if (!response.body) return undefined;
  if (coding === undefined) return response.body;
  // What `fetch` returned is decoded already, though it still says how it was encoded: but for codings that the platform does not know.
  const isFetched = response.url !== '';
  if (isFetched && !codings.every((each) => FETCH_DECODES.has(each) || each === 'zstd')) return undefined;
  headers.delete('content-encoding');
  if (isFetched) return response.body;
  if ((coding !== 'gzip' && coding !== 'deflate') || more.length > 0) return undefined;
  return response.body.pipeThrough(
    new DecompressionStream(coding) as unknown as TransformStream<Uint8Array, Uint8Array>,
  );
}

/** All of a body, and the bytes that came first; where it is longer than a playlist may be, a stream of all of it. */
async function readAtMost(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<{ first: Uint8Array | undefined; read: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length > limit) return { first: chunks[0], read: resumed(chunks, reader) };
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { first: bytes, read: bytes };
}

function resumed(chunks: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk) return controller.enqueue(chunk);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

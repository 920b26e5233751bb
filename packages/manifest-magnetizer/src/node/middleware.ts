import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONDITIONAL_HEADERS, isPlaylistPath, isPlaylistType, matchesETag } from '../http/playlist-http.js';
import { createMagnetizer, defaultResourceId, type Magnetizer } from '../magnetizer/magnetizer.js';
import type { MagnetizerOptions } from '../magnetizer/magnetizer-options.js';
import type { ReadSegment } from '../magnetizer/segment-reader.js';
import { parseUrl } from '../playlist/parse-url.js';
import { folderReader } from './folder-reader.js';
import { interceptResponse } from './playlist-response.js';

export interface MiddlewareOptions extends Omit<MagnetizerOptions, 'readSegment'> {
  /** Reads segments. Default: from `folder`. */
  readonly readSegment?: ReadSegment;
  /** The folder that the server serves, when segments are read from it. */
  readonly folder?: string;
  /** The path that the folder is served under. Default `/`. */
  readonly path?: string;
  /** The server's public origin, such as `https://media.example`. Default: `http://` and the Host header. */
  readonly origin?: string;
}

/** Connect-style middleware. */
export interface Middleware {
  (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
  readonly magnetizer: Magnetizer;
}

/**
 * Annotates the playlists that the handlers after it answer with, static files or made ones alike: 200 answers to GET whose
 * Content-Type or path is that of a playlist. Content-Length and ETag become those of the annotated playlist; everything else of
 * the answer stays.
 * @throws {TypeError} when neither `folder` nor `readSegment` is given
 */
export function magnetizer(options: MiddlewareOptions): Middleware {
  const instance = createMagnetizer({ resourceId, ...options, ...readerOf(options) });
  const middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void => {
    const url = urlOf(req, options.origin);
    if ((req.method !== 'GET' && req.method !== 'HEAD') || url === undefined) {
      next();
      return;
    }
    const onPlaylistPath = isPlaylistPath(url.pathname);
    const conditions = req.headers['if-none-match'];
    if (onPlaylistPath) {
      // They are about the annotated playlist, which the next handler does not know.
      for (const name of CONDITIONAL_HEADERS) delete req.headers[name];
    }
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    let validator: string | undefined;
    interceptResponse(
      res,
      () => {
        const type = String(res.getHeader('content-type') ?? '');
        if (res.statusCode !== 200 || !(onPlaylistPath || isPlaylistType(type))) return false;
        validator = (res.getHeader('etag') ?? res.getHeader('last-modified'))?.toString();
        res.removeHeader('etag');
        res.removeHeader('accept-ranges');
        if (req.method === 'GET') return true;
        res.removeHeader('content-length');
        return false;
      },
      (body) => instance.magnetize(body, { url: url.href, signal: gone.signal, validator }),
      (body) => sendPlaylist(res, body, conditions),
      (error) => options.onError?.(error, { url: url.href, playlistUrl: url.href }),
    );
    next();
  };
  return Object.assign(middleware, { magnetizer: instance });
}

function sendPlaylist(res: ServerResponse, body: Uint8Array, ifNoneMatch: string | undefined): void {
  const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
  res.setHeader('ETag', etag);
  res.removeHeader('transfer-encoding');
  if (matchesETag(ifNoneMatch, etag)) {
    res.statusCode = 304;
    for (const name of ['content-length', 'content-type']) res.removeHeader(name);
    res.end();
    return;
  }
  res.setHeader('Content-Length', body.length);
  res.end(body);
}

function readerOf({ readSegment, validateSegment, isCheap, folder, path }: MiddlewareOptions) {
  if (readSegment) return { readSegment, validateSegment, isCheap };
  if (folder === undefined) throw new TypeError('magnetizer needs one of the options folder and readSegment');
  return folderReader(path === undefined ? { folder } : { folder, path });
}

/** A server's own resources go by their path, whatever Host a client names: else each name would be hashed anew. */
function resourceId(url: string, playlistUrl: string): string {
  const { origin, pathname, search } = new URL(defaultResourceId(url, playlistUrl));
  return origin === new URL(playlistUrl).origin ? pathname + search : url;
}

/** The URL of a request; its host is never taken from the request's target, which may be `//elsewhere/` or absolute. */
function urlOf(req: IncomingMessage, origin: string | undefined): URL | undefined {
  // Express and Connect cut the path that they are mounted at off `url`.
  const target = (req as { originalUrl?: string }).originalUrl ?? req.url ?? '';
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/]*/i, '');
  const { host = '' } = req.headers;
  const isHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host);
  const base = origin === undefined ? `http://${isHost ? host : 'localhost'}` : new URL(origin).origin;
  return path.startsWith('/') ? parseUrl(base + path) : undefined;
}

import type { FetchEventLike } from './environment.js';
import type { Settings } from './options.js';
import { isBypassed, type RequestedRange, URL_LIMIT, withoutFragment } from './protocol.js';
import { parseRange } from './range.js';

/** A request that may concern the proxy. */
export type RequestKind =
  | { readonly kind: 'playlist' }
  | {
      readonly kind: 'segment';
      /** Without fragment. */
      readonly url: string;
      readonly range: RequestedRange | undefined;
      /** Asked for by a media element itself, whose browser plays HLS. */
      readonly byElement: boolean;
      /** Whether it is of a kind that is held for a moment while the client is asked for its table. */
      readonly mayWait: boolean;
    };

/** Conditional requests (RFC 9110 §13.1) are between the player and its cache or server. */
const CONDITIONS = ['If-Range', 'If-None-Match', 'If-Modified-Since', 'If-Match', 'If-Unmodified-Since'];

/** Destinations of what asks for segments by itself: the browser's own HLS. */
const MEDIA_ELEMENTS: readonly string[] = ['video', 'audio'];

/** Tells a request's kind, synchronously and without side effect; `undefined` for what is never touched. */
export function requestKind(
  { request, clientId }: FetchEventLike,
  ownOrigin: string,
  { isPlaylist }: Settings,
): RequestKind | undefined {
  if (request.method !== 'GET' || request.mode === 'navigate' || clientId === '') return undefined;
  if (!/^https?:/.test(request.url) || request.url.length > URL_LIMIT || isBypassed(request.url)) return undefined;
  // Answers to these are opaque, or must come from the HTTP cache alone.
  if (request.mode === 'no-cors' && new URL(request.url).origin !== ownOrigin) return undefined;
  if (request.cache === 'only-if-cached') return undefined;
  const url = withoutFragment(request.url);
  if (isPlaylist(new URL(url))) return { kind: 'playlist' };
  if (CONDITIONS.some((name) => request.headers.has(name))) return undefined;
  const field = request.headers.get('Range');
  const range = field === null ? undefined : parseRange(field);
  if (field !== null && !range) return undefined;
  const byElement = MEDIA_ELEMENTS.includes(request.destination);
  if (byElement) {
    // Chromium's asks so for a segment that is a resource of its own. Safari's, which asks otherwise, may load it again past the worker.
    const isWhole = range?.first === 0 && range.last === undefined;
    return isWhole ? { kind: 'segment', url, range: undefined, byElement, mayWait: true } : undefined;
  }
  const isEventStream = request.headers.get('Accept') === 'text/event-stream';
  return { kind: 'segment', url, range, byElement, mayWait: request.destination === '' && !isEventStream };
}

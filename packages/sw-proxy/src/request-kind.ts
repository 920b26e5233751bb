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
      /** Whether it is of a kind that is held for a moment while the client is asked for its table. */
      readonly mayWait: boolean;
    };

/** Conditional requests (RFC 9110 §13.1) are between the player and its cache or server. */
const CONDITIONS = ['If-Range', 'If-None-Match', 'If-Modified-Since', 'If-Match', 'If-Unmodified-Since'];

/**
 * What asks for segments by itself is the browser's own HLS. Chromium's (156) takes a worker's answer for a network read error, and play
 * is over; so these go to the network, as if there were no worker.
 */
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
  if (MEDIA_ELEMENTS.includes(request.destination)) return undefined;
  if (CONDITIONS.some((name) => request.headers.has(name))) return undefined;
  const field = request.headers.get('Range');
  const range = field === null ? undefined : parseRange(field);
  if (field !== null && !range) return undefined;
  const isEventStream = request.headers.get('Accept') === 'text/event-stream';
  return { kind: 'segment', url, range, mayWait: request.destination === '' && !isEventStream };
}

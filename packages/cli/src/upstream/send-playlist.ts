import { createHash } from 'node:crypto';
import { privately } from '../http/cache-control.js';
import { addVary } from '../http/vary.js';
import { PLAYLIST_CACHE_CONTROL, PLAYLIST_TYPE } from '../media-types.js';
import type { Exchange } from '../source.js';
import type { UpstreamPlaylist } from './upstream-playlist.js';

/**
 * Answers with a playlist of the upstream as viewers get it: with the upstream's headers about type and age, and a length and ETag of
 * its own. A Range is ignored (RFC 9110 §14.2): byte ranges of the upstream's playlist are not those of this one.
 * @param now ms, by the clock of `at`
 * @param byHost it names the tracker by the host of the request
 */
export function sendPlaylist(
  { req, res }: Exchange,
  bytes: Uint8Array,
  { headers, at }: UpstreamPlaylist,
  now: number,
  byHost: boolean,
): void {
  res.setHeader('Content-Type', PLAYLIST_TYPE);
  // Without a word from the upstream, caches would guess for how long it holds.
  if (!headers.has('expires')) res.setHeader('Cache-Control', PLAYLIST_CACHE_CONTROL);
  for (const [name, value] of headers) res.setHeader(name, value);
  if (byHost) res.setHeader('Cache-Control', privately(res.getHeader('Cache-Control')?.toString()));
  // RFC 9111 §4.2.3: the time that it was held here counts too.
  const age = Number.parseInt(headers.get('age') ?? '0', 10) + Math.floor((now - at) / 1000);
  if (age > 0) res.setHeader('Age', String(age));
  // Segments have other URLs for pages that may fetch them from the upstream.
  addVary(res, req.headers.origin === undefined ? 'Origin' : 'Origin, Cookie');
  const etag = `"${createHash('sha1').update(bytes).digest('base64url')}"`;
  res.setHeader('ETag', etag);
  if (matches(req.headers['if-none-match'], etag)) {
    res.writeHead(304);
    res.end();
    return;
  }
  res.setHeader('Content-Length', bytes.length);
  res.end(req.method === 'HEAD' ? undefined : bytes);
}

/** RFC 9110 §13.1.2, weak comparison. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

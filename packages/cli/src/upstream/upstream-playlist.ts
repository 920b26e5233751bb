import type { HttpAnswer, HttpClient } from './http-client.js';
import { fetchUpstream, readBody, UpstreamError } from './upstream-fetch.js';

/** Until the last byte of a playlist, ms; a blocking reload (rfc8216bis §6.2.5.2) takes up to three target durations. */
const TIMEOUT = 30_000;
/** Larger playlists are refused, bytes. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Headers that go on to viewers as they are. */
const KEPT = ['content-type', 'cache-control', 'expires', 'date', 'age'] as const;

/** A playlist as it came, with the URL that it came from after redirects. */
export interface UpstreamPlaylist {
  readonly url: string;
  readonly bytes: Uint8Array;
  /** Those of the headers that viewers get which the upstream gave, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** When it was last known to be the current one, by the clock that was given, ms. */
  readonly at: number;
  /** Request headers that ask whether it still is (RFC 9110 §13.1). */
  readonly condition: Readonly<Record<string, string>>;
}

/**
 * @param known What an earlier load of the same URL gave: it is not sent again if it still stands.
 * @param clock Steady, ms.
 * @throws {UpstreamError} also when what comes is no playlist.
 */
export async function fetchPlaylist(
  client: HttpClient,
  url: string,
  known: UpstreamPlaylist | undefined,
  clock: () => number,
): Promise<UpstreamPlaylist> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const answer = await fetchUpstream(client, url, { headers: known?.condition ?? {}, signal });
  const at = clock();
  if (answer.status === 304 && known !== undefined) {
    answer.body.destroy();
    // RFC 9111 §3.2: what a 304 has replaces what was kept.
    return { ...known, url: answer.url, headers: new Map([...known.headers, ...headersOf(answer)]), at };
  }
  const bytes = await readBody(answer, url, MAX_BYTES);
  const start = Buffer.from(bytes.subarray(0, 10)).toString('latin1');
  if (!/^(?:\xef\xbb\xbf)?#EXTM3U/.test(start)) throw new UpstreamError(502, url, 'is not an HLS playlist');
  if (known !== undefined && isCutOff(bytes, known.bytes)) throw new UpstreamError(502, url, 'is cut off');
  return { url: answer.url, bytes, headers: headersOf(answer), at, condition: conditionOf(answer) };
}

/** Whether a playlist is another one than the earlier, by its validators, though its text is the same. */
export function isRewritten(playlist: UpstreamPlaylist, earlier: UpstreamPlaylist | undefined): boolean {
  if (earlier === undefined || Buffer.compare(playlist.bytes, earlier.bytes) !== 0) return false;
  return Object.entries(playlist.condition).join() !== Object.entries(earlier.condition).join();
}

/**
 * Whether a playlist that is being written was read before its end: its last line has no end where that of the earlier one had,
 * or it has no segments and no renditions where the earlier one had some.
 */
function isCutOff(bytes: Uint8Array, earlier: Uint8Array): boolean {
  const endsLine = (playlist: Uint8Array): boolean => playlist.at(-1) === 0x0a || playlist.at(-1) === 0x0d;
  const namesMedia = (playlist: Uint8Array): boolean => /^[^#\s]/m.test(Buffer.from(playlist).toString('latin1'));
  return (endsLine(earlier) && !endsLine(bytes)) || (namesMedia(earlier) && !namesMedia(bytes));
}

function headersOf(answer: HttpAnswer): Map<string, string> {
  const headers = new Map<string, string>();
  for (const name of KEPT) {
    const value = answer.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

function conditionOf(answer: HttpAnswer): Record<string, string> {
  const [etag, modified] = [answer.header('etag'), answer.header('last-modified')];
  if (etag !== undefined) return { 'If-None-Match': etag };
  return modified === undefined ? {} : { 'If-Modified-Since': modified };
}

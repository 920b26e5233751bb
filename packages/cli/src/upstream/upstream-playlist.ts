import { isPlaylist } from '@live-torrent/manifest-magnetizer';
import { isCutOff, partialLine } from './cut-off.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { UpstreamError } from './upstream-error.js';
import { fetchUpstream, readBody } from './upstream-fetch.js';

/** Larger playlists are refused, bytes; those above 16 MiB pass through without magnets. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Where a playlist begins with comments, a tag stands within this, bytes. */
const SNIFFED = 64 * 1024;
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

/** A playlist that seems to have been read while it was being written. */
export class CutOffError extends UpstreamError {
  constructor(
    readonly playlist: UpstreamPlaylist,
    url: string,
  ) {
    super(502, url, 'is cut off');
  }

  /** The line in which it ends. */
  get partialLine(): string | undefined {
    return partialLine(this.playlist.bytes);
  }
}

export interface FetchPlaylistOptions {
  /** What an earlier load of the same URL gave: it is not sent again if it still stands. */
  readonly known: UpstreamPlaylist | undefined;
  /** The line in which a load since ended that seemed to be cut off. */
  readonly doubted: string | undefined;
  /** Until the last byte, ms. */
  readonly timeout: number;
  /** Steady, ms. */
  readonly clock: () => number;
}

/** @throws {UpstreamError} also when what comes is no playlist. @throws {CutOffError} */
export async function fetchPlaylist(
  client: HttpClient,
  url: string,
  { known, doubted, timeout, clock }: FetchPlaylistOptions,
): Promise<UpstreamPlaylist> {
  const signal = AbortSignal.timeout(timeout);
  const answer = await fetchUpstream(client, url, { headers: known?.condition ?? {}, signal });
  const at = clock();
  if (answer.status === 304 && known !== undefined) {
    answer.body.destroy();
    // RFC 9111 §3.2: what a 304 has replaces what was kept.
    return { ...known, url: answer.url, headers: new Map([...known.headers, ...headersOf(answer)]), at };
  }
  const bytes = await readBody(answer, url, MAX_BYTES);
  if (!isPlaylist(bytes.subarray(0, SNIFFED))) throw new UpstreamError(502, url, 'is not an HLS playlist');
  const playlist = { url: answer.url, bytes, headers: headersOf(answer), at, condition: conditionOf(answer) };
  if (known !== undefined && isCutOff(bytes, known.bytes, doubted)) throw new CutOffError(playlist, url);
  return playlist;
}

/** Whether a playlist is another one than the earlier, by its validators, though its text is the same. */
export function isRewritten(playlist: UpstreamPlaylist, earlier: UpstreamPlaylist | undefined): boolean {
  if (earlier === undefined || Buffer.compare(playlist.bytes, earlier.bytes) !== 0) return false;
  return Object.entries(playlist.condition).join() !== Object.entries(earlier.condition).join();
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

import { MAX_ANNOUNCE } from './limits.js';
import { parseUrl } from './parse-url.js';

/** Which mesh the viewers of a playlist belong to. */
export interface Stream {
  /** Names the mesh, the same in all renditions: 40 lower-case hex digits. */
  readonly stream: string;
  /** Announce URLs of WebTorrent trackers. */
  readonly announce: readonly string[];
}

/**
 * The mesh of viewers that only measure what they could give each other, and give nothing: another one than those who
 * do give meet in. Each hex digit is replaced by its complement, so that a tracker of few streams can allow both.
 *
 * @param stream 40 lower-case hex digits
 */
export function shadowStream(stream: string): string {
  return stream.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
}

/** Writes the parameters of the stream line. */
export function formatStream({ stream, announce }: Stream): string {
  return `?v=1&stream=${stream}${announce.map((url) => `&tr=${encodeURIComponent(url)}`).join('')}`;
}

/** Reads the parameters of the stream line; undefined for another version or without a stream. */
export function parseStream(text: string): Stream | undefined {
  if (!text.startsWith('?')) return undefined;
  const params = new URLSearchParams(text);
  const stream = params.get('stream')?.toLowerCase();
  if (params.get('v') !== '1' || stream === undefined || !/^[0-9a-f]{40}$/.test(stream)) return undefined;
  const announce = params.getAll('tr').filter((url) => parseUrl(url));
  return { stream, announce: announce.slice(0, MAX_ANNOUNCE) };
}

import { fromBase64Url, toBase64Url } from './base64url.js';
import { parseInfo } from './info.js';
import { MAX_INFO_LENGTH } from './playlist/limits.js';
import { sha1Hex } from './sha1.js';

/** What is read from a segment's magnet link: these, and nothing else. */
export interface Magnet {
  /** 40 lower-case hex digits (`xt`, BEP 9). */
  readonly infoHash: string;
  /** The segment's length, bytes (`xl`). */
  readonly length: number;
  /** The bencoded info dictionary (`x.info`), only where its SHA-1 is the infohash. */
  readonly info?: Uint8Array;
}

/** Writes a segment's magnet link; with `info`, peers need not be asked for the info dictionary. */
export function formatMagnet({ infoHash, length, info }: Magnet): string {
  const link = `magnet:?xt=urn:btih:${infoHash}&xl=${length}`;
  return info === undefined ? link : `${link}&x.info=${toBase64Url(info)}`;
}

/** Reads a segment's magnet link; undefined unless it has an infohash and a length. */
export function parseMagnet(link: string): Magnet | undefined {
  if (!link.startsWith('magnet:?')) return undefined;
  const params = new URLSearchParams(link.slice('magnet:?'.length));
  const topic = params.getAll('xt').find((xt) => /^urn:btih:[0-9a-f]{40}$/i.test(xt));
  const xl = params.get('xl') ?? '';
  const length = /^\d{1,15}$/.test(xl) ? Number(xl) : 0;
  if (topic === undefined || length === 0) return undefined;
  const infoHash = topic.slice('urn:btih:'.length).toLowerCase();
  const info = readInfo(params.get('x.info'), infoHash, length);
  return info === undefined ? { infoHash, length } : { infoHash, length, info };
}

function readInfo(value: string | null, infoHash: string, length: number): Uint8Array | undefined {
  if (value === null || value.length > MAX_INFO_LENGTH) return undefined;
  const info = fromBase64Url(value);
  if (info === undefined || parseInfo(info)?.length !== length) return undefined;
  return sha1Hex(info) === infoHash ? info : undefined;
}

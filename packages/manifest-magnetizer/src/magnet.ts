import { formatInfo, readInfo } from './info.js';

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
  return info === undefined ? link : `${link}&x.info=${formatInfo(info)}`;
}

/** What was read of an infohash before, bytes and info dictionary; undefined: nothing. */
export type KnownMagnets = (infoHash: string) => { length: number; info?: Uint8Array | undefined } | undefined;

/**
 * Reads a segment's magnet link; undefined unless it has an infohash and a length.
 * @param known saves decoding and hashing an info dictionary that was read before: there is one of an infohash
 */
export function parseMagnet(link: string, known?: KnownMagnets): Magnet | undefined {
  if (!link.startsWith('magnet:?')) return undefined;
  const params = new URLSearchParams(link.slice('magnet:?'.length));
  const topic = params.getAll('xt').find((xt) => /^urn:btih:[0-9a-f]{40}$/i.test(xt));
  const xl = params.get('xl') ?? '';
  const length = /^\d{1,15}$/.test(xl) ? Number(xl) : 0;
  if (topic === undefined || length === 0) return undefined;
  const infoHash = topic.slice('urn:btih:'.length).toLowerCase();
  const before = known?.(infoHash);
  const text = params.get('x.info');
  const info = (before?.length === length && before.info) || (text && readInfo(text, infoHash, length)) || undefined;
  return info === undefined ? { infoHash, length } : { infoHash, length, info };
}

import { createHash } from 'node:crypto';
import { type CreatedInfo, cutPieces, encodeInfo, pieceLengthFor } from './info.js';
import { formatMagnet } from './magnet.js';

/** A segment's torrent. */
export interface SegmentTorrent extends CreatedInfo {
  /** `magnet:?xt=urn:btih:<infohash>&xl=<bytes>`. */
  readonly magnet: string;
}

/**
 * Makes a segment's torrent in Node, at once: about 0.7 ms a megabyte.
 * @throws {RangeError} for an empty segment: there is no torrent of nothing
 */
export function createSegmentMagnet(bytes: Uint8Array): SegmentTorrent {
  const { length } = bytes;
  if (length === 0) throw new RangeError('an empty segment has no torrent');
  const pieces = Buffer.concat(cutPieces(bytes).map((piece) => createHash('sha1').update(piece).digest()));
  const info = encodeInfo({ length, pieceLength: pieceLengthFor(length), pieces });
  const infoHash = createHash('sha1').update(info).digest('hex');
  return { magnet: formatMagnet({ infoHash, length }), infoHash, info };
}

import type { SegmentStream } from '../src/mesh/segment-stream.js';

/** BEP 3's handshake for a segment, which names it. */
export function handshake(infoHash: string): Uint8Array {
  const bytes = Buffer.alloc(68);
  bytes[0] = 19;
  bytes.write('BitTorrent protocol', 1);
  bytes.write(infoHash, 28, 'hex');
  return Uint8Array.from(bytes);
}

/** Writes to a stream, as webtorrent does. */
export function write(stream: SegmentStream | undefined, bytes: Uint8Array): void {
  (stream as unknown as { write(bytes: Uint8Array): boolean }).write(bytes);
}

/** Has a stream say the handshake once it is connected, as webtorrent does. */
export function greeting<S extends SegmentStream | undefined>(stream: S): S {
  stream?.on('connect', (() => write(stream, handshake(stream.infoHash))) as never);
  return stream;
}

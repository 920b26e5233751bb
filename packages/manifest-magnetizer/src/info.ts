import { fromBase64Url, toBase64Url } from './base64url.js';
import { toHex } from './hex.js';
import { platformSha1, sha1Hex } from './sha1.js';

/** A longer `x.info` than this is not read. Characters of base64url; enough for 512 pieces. */
const MAX_INFO_LENGTH = 16 * 1024;

/** What the canonical info dictionary of a segment says (BEP 3). */
export interface SegmentInfo {
  /** The segment's length, bytes. */
  readonly length: number;
  /** Piece length, bytes: `pieceLengthFor(length)`. */
  readonly pieceLength: number;
  /** The pieces' SHA-1 digests in a row, 20 bytes each. */
  readonly pieces: Uint8Array;
}

const MIN_PIECE_LENGTH = 64 * 1024;
const MAX_PIECE_LENGTH = 4 * 1024 * 1024;
const MAX_PIECES = 16;
const DIGEST_LENGTH = 20;

/**
 * The piece length of every segment of that length, bytes: a power of two from 64 KiB to 4 MiB, the smallest that
 * makes at most 16 pieces. A fixed rule, so that the same bytes have the same infohash everywhere.
 */
export function pieceLengthFor(length: number): number {
  let pieceLength = MIN_PIECE_LENGTH;
  while (pieceLength < MAX_PIECE_LENGTH && length > pieceLength * MAX_PIECES) pieceLength *= 2;
  return pieceLength;
}

/** Cuts a segment into its pieces, without copying. */
export function cutPieces(bytes: Uint8Array): Uint8Array[] {
  const pieceLength = pieceLengthFor(bytes.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) pieces.push(bytes.subarray(at, at + pieceLength));
  return pieces;
}

/** The info dictionary, bencoded with its keys in order (BEP 3); `name` is `segment` for every segment. */
export function encodeInfo({ length, pieceLength, pieces }: SegmentInfo): Uint8Array {
  const head = `d6:lengthi${length}e4:name7:segment12:piece lengthi${pieceLength}e6:pieces${pieces.length}:`;
  const info = new Uint8Array(head.length + pieces.length + 1);
  for (let i = 0; i < head.length; i++) info[i] = head.charCodeAt(i);
  info.set(pieces, head.length);
  info[info.length - 1] = 'e'.charCodeAt(0);
  return info;
}

/** Reads an info dictionary. Undefined unless it is byte for byte what `encodeInfo` writes for a segment. */
export function parseInfo(info: Uint8Array): SegmentInfo | undefined {
  const head = String.fromCharCode(...info.subarray(0, 120));
  const found = /^d6:lengthi([1-9]\d{0,14})e4:name7:segment12:piece lengthi(\d{1,8})e6:pieces([1-9]\d{0,6}):/.exec(
    head,
  );
  if (!found) return undefined;
  const length = Number(found[1]);
  const pieceLength = Number(found[2]);
  const pieces = info.subarray(found[0].length, info.length - 1);
  const canonical =
    pieceLength === pieceLengthFor(length) &&
    pieces.length === Number(found[3]) &&
    pieces.length === Math.ceil(length / pieceLength) * DIGEST_LENGTH &&
    info.length === found[0].length + pieces.length + 1 &&
    info[info.length - 1] === 'e'.charCodeAt(0) &&
    String(pieceLength) === found[2];
  return canonical ? { length, pieceLength, pieces } : undefined;
}

/** An info dictionary as text, in magnet links and between viewers: unpadded base64url (RFC 4648 §5). */
export function formatInfo(info: Uint8Array): string {
  return toBase64Url(info);
}

/**
 * The inverse.
 * @returns undefined unless it is the canonical info dictionary of a segment of `length` bytes, whose SHA-1 is the infohash
 */
export function readInfo(text: string, infoHash: string, length: number): Uint8Array | undefined {
  const info = text.length > MAX_INFO_LENGTH ? undefined : fromBase64Url(text);
  return info && parseInfo(info)?.length === length && sha1Hex(info) === infoHash ? info : undefined;
}

/** A segment's info dictionary and its SHA-1. */
export interface CreatedInfo {
  /** The bencoded info dictionary. */
  readonly info: Uint8Array;
  /** 40 lower-case hex digits. */
  readonly infoHash: string;
}

/**
 * Makes the info dictionary of a segment with WebCrypto, which hashes beside the calling thread.
 * @throws {RangeError} for an empty segment: there is no torrent of nothing
 */
export async function createInfo(bytes: Uint8Array): Promise<CreatedInfo> {
  if (bytes.length === 0) throw new RangeError('an empty segment has no torrent');
  const digests = await Promise.all(cutPieces(bytes).map(platformSha1));
  const pieces = new Uint8Array(digests.length * DIGEST_LENGTH);
  for (const [i, digest] of digests.entries()) pieces.set(digest, i * DIGEST_LENGTH);
  const info = encodeInfo({ length: bytes.length, pieceLength: pieceLengthFor(bytes.length), pieces });
  return { info, infoHash: toHex(await platformSha1(info)) };
}

import { hex } from '../mesh/hex.js';

/**
 * What viewers say to each other about Partial Segments, on a channel of its own for each link: binary frames, each about one part, which its
 * SHA-1 names.
 */

/** Longest payload of a frame, bytes: what every browser sends at once. */
export const FRAME_BYTES = 64 * 1024;
/** Longest part that is taken, bytes. */
export const MAX_PART_BYTES = 8 * 1024 * 1024;

/** Word of a root: see `Role`. */
export interface RootWord {
  /** The first 8 bytes of its peer id, 16 hex digits. */
  readonly root: string;
  /** Parts that it fetches are at the sender so long after they were listed, ms. */
  readonly after: number;
}

export type PartFrame =
  /** The sender plays the rendition whose playlist lists this part. */
  | { readonly type: 'plays'; readonly sha1: string }
  /** The sender has it, and sends it to who wants it. */
  | { readonly type: 'have'; readonly sha1: string; readonly word: RootWord | undefined }
  | { readonly type: 'want'; readonly sha1: string }
  /** The receiver need not send parts unasked: they come from somebody else. */
  | { readonly type: 'spare'; readonly sha1: string }
  /** Bytes of it, in order. */
  | {
      readonly type: 'bytes';
      readonly sha1: string;
      readonly word: RootWord | undefined;
      /** How long after it was listed the sender had it, ms. */
      readonly waited: number;
      /** Of the part, bytes. */
      readonly length: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    };

const TYPES = ['plays', 'have', 'want', 'spare', 'bytes'] as const;
const SHA1_END = 21;
const WORD_END = 31;
const BYTES_FROM = 41;
/** Bytes of a frame, at least. */
const LEAST = { plays: SHA1_END, have: WORD_END, want: SHA1_END, spare: SHA1_END, bytes: BYTES_FROM + 1 };
const NO_ROOT = '0'.repeat(16);
const MAX_MS = 0xffff;

const setHex = (bytes: Uint8Array, at: number, digits: string): void => {
  for (let i = 0; i < digits.length; i += 2) bytes[at + i / 2] = Number.parseInt(digits.slice(i, i + 2), 16);
};
const ms = (time: number): number => Math.min(MAX_MS, Math.max(0, Math.round(time)));

/** @param frame with `sha1` as 40 hex digits */
export function encodePartFrame(frame: PartFrame): Uint8Array<ArrayBuffer> {
  const { type } = frame;
  const size = type === 'bytes' ? BYTES_FROM + frame.bytes.byteLength : type === 'have' ? WORD_END : SHA1_END;
  const encoded = new Uint8Array(size);
  const view = new DataView(encoded.buffer);
  encoded[0] = TYPES.indexOf(type);
  setHex(encoded, 1, frame.sha1);
  if (type === 'have' || type === 'bytes') {
    setHex(encoded, SHA1_END, frame.word?.root ?? NO_ROOT);
    view.setUint16(SHA1_END + 8, ms(frame.word?.after ?? 0));
  }
  if (type === 'bytes') {
    view.setUint16(WORD_END, ms(frame.waited));
    view.setUint32(WORD_END + 2, frame.length);
    view.setUint32(WORD_END + 6, frame.offset);
    encoded.set(frame.bytes, BYTES_FROM);
  }
  return encoded;
}

/** Undefined for what is none, or not of this version. */
export function decodePartFrame(data: unknown): PartFrame | undefined {
  if (!(data instanceof ArrayBuffer) || data.byteLength < SHA1_END) return undefined;
  const encoded = new Uint8Array(data);
  const view = new DataView(data);
  const type = TYPES[encoded[0] as number];
  if (!type || data.byteLength < LEAST[type]) return undefined;
  const sha1 = hex(encoded.subarray(1, SHA1_END));
  if (type === 'plays' || type === 'want' || type === 'spare') return { type, sha1 };
  const root = hex(encoded.subarray(SHA1_END, SHA1_END + 8));
  const word = root === NO_ROOT ? undefined : { root, after: view.getUint16(SHA1_END + 8) };
  if (type === 'have') return { type, sha1, word };
  const length = view.getUint32(WORD_END + 2);
  const offset = view.getUint32(WORD_END + 6);
  const bytes = encoded.subarray(BYTES_FROM);
  if (length > MAX_PART_BYTES || offset + bytes.byteLength > length || bytes.byteLength > FRAME_BYTES) return undefined;
  return { type, sha1, word, waited: view.getUint16(WORD_END), length, offset, bytes };
}

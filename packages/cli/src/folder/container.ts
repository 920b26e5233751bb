import { isPackedAudio } from './packed-audio.js';
import { isWebVtt } from './webvtt.js';

/** What a file of a folder is, by its bytes: names and extensions are free. */
export type Container =
  /** MPEG-2 Transport Stream, RFC 8216 §3.2. */
  | 'ts'
  /** Fragmented MPEG-4 segment, RFC 8216 §3.3: at least one `moof`. */
  | 'fmp4'
  /** Packed Audio, RFC 8216 §3.4: AAC in ADTS frames, with an ID3 tag before them or without. */
  | 'aac'
  /** WebVTT, RFC 8216 §3.5. */
  | 'vtt'
  /** Media Initialization Section: `moov`, and no media. */
  | 'init';

const TS_PACKET = 188;
const TS_SYNC = 0x47;
/** Boxes that an ISO base media file may begin with, ISO/IEC 14496-12. */
const FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'emsg', 'prft', 'free', 'skip']);

/** `undefined`: none of them, or cut off in the middle of a packet, box or frame. */
export function containerOf(bytes: Uint8Array): Container | undefined {
  if (isWebVtt(bytes)) return 'vtt';
  if (isPackedAudio(bytes)) return 'aac';
  if (bytes[0] === TS_SYNC && bytes.length % TS_PACKET === 0) {
    const second = bytes[TS_PACKET];
    return second === undefined || second === TS_SYNC ? 'ts' : undefined;
  }
  const boxes = boxTypes(bytes);
  if (boxes === undefined || !FIRST_BOXES.has(boxes[0] ?? '')) return undefined;
  if (boxes.includes('moof')) return boxes.includes('mdat') ? 'fmp4' : undefined;
  return boxes.includes('moov') && !boxes.includes('mdat') ? 'init' : undefined;
}

/** The types of the top-level boxes; `undefined` when the last of them is cut off. */
function boxTypes(bytes: Uint8Array): string[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const types: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return undefined;
    const size = view.getUint32(at);
    types.push(String.fromCharCode(...bytes.subarray(at + 4, at + 8)));
    if (size === 1 && at + 16 > bytes.length) return undefined;
    const length = size === 0 ? bytes.length - at : size === 1 ? Number(view.getBigUint64(at + 8)) : size;
    if (length < 8 || at + length > bytes.length) return undefined;
    at += length;
  }
  return types;
}

import { shellQuoted } from '../printable.js';
import { boxesOf } from './boxes.js';
import { isPackedAudio } from './packed-audio.js';
import { isWebVtt } from './webvtt.js';

/** What a file of a folder is, by its bytes: names and extensions are free. */
export type Container =
  /** MPEG-2 Transport Stream, RFC 8216 §3.2. */
  | 'ts'
  /** Fragmented MPEG-4 segment, RFC 8216 §3.3: at least one `moof`, and perhaps its initialization section in front. */
  | 'fmp4'
  /** Packed Audio, RFC 8216 §3.4: AAC in ADTS frames, with an ID3 tag before them or without. */
  | 'aac'
  /** WebVTT, RFC 8216 §3.5. */
  | 'vtt'
  /** Media Initialization Section: `moov`, and no media. */
  | 'init';

const TS_PACKET = 188;
const TS_SYNC = 0x47;
/** Bytes of an AES block: what is encrypted as a whole (RFC 8216 §4.3.2.4) is padded to full ones. */
const AES_BLOCK = 16;
/** Boxes that an ISO base media file may begin with, ISO/IEC 14496-12. */
const FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'emsg', 'prft', 'free', 'skip']);

/** `undefined`: none of them, or cut off in the middle of a packet, box or frame. */
export function containerOf(bytes: Uint8Array): Container | undefined {
  if (isWebVtt(bytes)) return 'vtt';
  if (isPackedAudio(bytes)) return 'aac';
  if (isTransportStream(bytes) && bytes.length % TS_PACKET === 0) return 'ts';
  const types = boxesOf(bytes)?.map(({ type }) => type);
  if (types === undefined || !FIRST_BOXES.has(types[0] ?? '')) return undefined;
  if (types.includes('moof')) return isFragmented(types) ? 'fmp4' : undefined;
  return types.includes('moov') && !types.includes('mdat') ? 'init' : undefined;
}

/** Why a file that should be a segment is none, and what would help. */
export function whyNoSegment(bytes: Uint8Array, name: string): string {
  const types = boxesOf(bytes)?.map(({ type }) => type) ?? [];
  if (types.includes('mdat') && types.includes('moov')) {
    return `a whole MP4 file is no segment: ${commandFor(name)} plays it`;
  }
  if (isTransportStream(bytes))
    return `not whole: ${bytes.length % TS_PACKET} bytes after the last full packet of MPEG-TS`;
  if (FIRST_BOXES.has(String.fromCharCode(...bytes.subarray(4, 8)))) return 'not whole: it ends within a box of fMP4';
  if (bytes.length % AES_BLOCK === 0 && looksRandom(bytes)) {
    return 'it seems to be encrypted: serve the folder with a web server, and give -u the playlist that names the key';
  }
  return 'neither MPEG-TS, fMP4, AAC (ADTS) nor WebVTT, or not whole';
}

/** The command that plays a file that is no segment, alone. */
export function commandFor(name: string): string {
  return `live-torrent -f ${shellQuoted(name)}`;
}

function isTransportStream(bytes: Uint8Array): boolean {
  const second = bytes[TS_PACKET];
  return bytes[0] === TS_SYNC && (second === undefined || second === TS_SYNC);
}

/** Media before the first `moof` belongs to a `moov` with samples, which no player takes for an initialization section. */
function isFragmented(types: readonly string[]): boolean {
  const [moov, moof, mdat] = ['moov', 'moof', 'mdat'].map((type) => types.indexOf(type)) as [number, number, number];
  return mdat > moof && moov < moof;
}

/** Whether all byte values come about as often, as they do in cipher text and in nothing that HLS names a segment. */
function looksRandom(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 65_536);
  if (sample.length < 1024) return false;
  const counts = new Array<number>(256).fill(0);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = sample.length / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquare < 400;
}

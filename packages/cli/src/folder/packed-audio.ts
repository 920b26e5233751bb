/** ID3v2 header, and the frame header of ADTS without its checksum, bytes. */
const ID3_HEADER = 10;
const ADTS_HEADER = 7;
/** Owner of the PRIV frame that tells where the segment lies, RFC 8216 §3.4. */
const TIMESTAMP_OWNER = 'com.apple.streaming.transportStreamTimestamp\0';
/** Clock of MPEG-2 timestamps, Hz. */
const CLOCK = 90_000;

/** Whether the bytes are ADTS frames (ISO/IEC 14496-3 §1.A.2.2) up to their end, after ID3 tags or none. */
export function isPackedAudio(bytes: Uint8Array): boolean {
  const first = tagsLength(bytes);
  let at = first;
  while (at + ADTS_HEADER <= bytes.length) {
    const [sync = 0, flags = 0, , high = 0, middle = 0, low = 0] = bytes.subarray(at, at + ADTS_HEADER);
    // Twelve bits of sync, then the layer, which is 0.
    if (sync !== 0xff || (flags & 0xf6) !== 0xf0) return false;
    const length = ((high & 3) << 11) | (middle << 3) | (low >> 5);
    if (length < ADTS_HEADER) return false;
    at += length;
  }
  return at > first && at === bytes.length;
}

/** The timestamp of the first sample, s; undefined when no ID3 tag gives it. */
export function packedAudioStart(bytes: Uint8Array): number | undefined {
  const tags = Buffer.from(bytes.buffer, bytes.byteOffset, tagsLength(bytes));
  const owner = tags.indexOf(TIMESTAMP_OWNER, 0, 'latin1');
  const at = owner + TIMESTAMP_OWNER.length;
  if (owner === -1 || at + 8 > tags.length) return undefined;
  return Number(tags.readBigUInt64BE(at) & 0x1_ffff_ffffn) / CLOCK;
}

/** The length of all ID3v2 tags (https://id3.org/id3v2.4.0-structure §3.1) at the start, bytes. */
function tagsLength(bytes: Uint8Array): number {
  let at = 0;
  while (at + ID3_HEADER <= bytes.length && String.fromCharCode(...bytes.subarray(at, at + 3)) === 'ID3') {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 6, at + ID3_HEADER);
    at += ID3_HEADER + ((a << 21) | (b << 14) | (c << 7) | d);
  }
  return Math.min(at, bytes.length);
}

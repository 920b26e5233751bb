/** A top-level box of an ISO base media file, ISO/IEC 14496-12 §4.2. */
export interface Box {
  readonly type: string;
  /** Offset of its first byte. */
  readonly at: number;
}

/** The top-level boxes; `undefined` when the last of them is cut off. */
export function boxesOf(bytes: Uint8Array): Box[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes: Box[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return undefined;
    const size = view.getUint32(at);
    boxes.push({ type: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), at });
    if (size === 1 && at + 16 > bytes.length) return undefined;
    const length = size === 0 ? bytes.length - at : size === 1 ? Number(view.getBigUint64(at + 8)) : size;
    if (length < 8 || at + length > bytes.length) return undefined;
    at += length;
  }
  return boxes;
}

/** The length of the Media Initialization Section at the start of a file that has media after it, bytes; 0 for none. */
export function initLength(bytes: Uint8Array): number {
  const boxes = boxesOf(bytes) ?? [];
  const moov = boxes.findIndex(({ type }) => type === 'moov');
  const moof = boxes.findIndex(({ type }) => type === 'moof');
  return moov === -1 || moof < moov ? 0 : (boxes[moov + 1]?.at ?? 0);
}

/** Whether the samples of a Media Initialization Section are encrypted, ISO/IEC 14496-12 §8.12. */
export function isEncrypted(init: Uint8Array): boolean {
  const text = Buffer.from(init.buffer, init.byteOffset, init.byteLength);
  return text.includes('sinf') && (text.includes('encv') || text.includes('enca'));
}

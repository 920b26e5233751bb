/** An abstract-chunk-store over the content of one segment. */

import type { Upload } from '../manners/upload-gate.js';
import type { SegmentContent } from './segment-content.js';

type Callback<T> = (error: Error | null, value?: T) => void;

export class SegmentStore {
  readonly chunkLength: number;
  #closed = false;

  constructor(
    private readonly content: SegmentContent,
    /** Says whether and when a block goes to another viewer. Default: always, at once. */
    private readonly upload?: Upload,
  ) {
    this.chunkLength = content.pieceLength;
  }

  put(index: number, chunk: Uint8Array, callback: Callback<void> = () => {}): void {
    const expected = this.content.lengthOf(index);
    if (this.#closed || chunk.byteLength !== expected) {
      queueMicrotask(() => callback(new Error(`piece ${index}: ${chunk.byteLength} bytes instead of ${expected}`)));
      return;
    }
    this.content.set(index, chunk);
    queueMicrotask(() => callback(null));
  }

  get(index: number, range: { offset?: number; length?: number } | null, callback: Callback<Uint8Array>): void {
    const piece = this.#closed ? undefined : this.content.piece(index);
    if (!piece) {
      queueMicrotask(() => callback(new Error(`piece ${index} is not here`)));
      return;
    }
    const start = range?.offset ?? 0;
    const block = piece.subarray(start, range?.length === undefined ? undefined : start + range.length);
    if (range?.length === undefined || !this.upload) {
      queueMicrotask(() => callback(null, block));
      return;
    }
    // Only other viewers ask for a part of a piece. One that gets no answer turns elsewhere; a refusal it would repeat.
    const wait = this.upload.admit(block.byteLength);
    if (wait === undefined) return;
    const send = (): void => (this.#closed ? callback(new Error('the segment is gone')) : callback(null, block));
    if (wait === 0) queueMicrotask(send);
    else setTimeout(send, wait);
  }

  close(callback: Callback<void> = () => {}): void {
    this.#closed = true;
    queueMicrotask(() => callback(null));
  }

  destroy(callback: Callback<void> = () => {}): void {
    this.close(callback);
  }
}

/**
 * An abstract-chunk-store that keeps one segment in one buffer: pieces are written where they belong, so that the
 * whole segment needs no joining, and blocks are sent as views of it.
 */

import type { Upload } from '../manners/upload-gate.js';

type Callback<T> = (error: Error | null, value?: T) => void;

export class SegmentStore {
  readonly bytes: Uint8Array;
  readonly #written: Uint8Array;
  #closed = false;

  constructor(
    /** Bytes of a piece. */
    readonly chunkLength: number,
    /** Bytes of the segment. */
    length: number,
    /** A segment that is complete already. */
    complete?: Uint8Array,
    /** Says whether and when a block goes to another viewer. Default: always, at once. */
    private readonly upload?: Upload,
  ) {
    this.bytes = complete ?? new Uint8Array(length);
    this.#written = new Uint8Array(Math.ceil(length / chunkLength)).fill(complete ? 1 : 0);
  }

  put(index: number, chunk: Uint8Array, callback: Callback<void> = () => {}): void {
    const offset = index * this.chunkLength;
    const expected = Math.min(this.chunkLength, this.bytes.byteLength - offset);
    if (this.#closed || chunk.byteLength !== expected) {
      queueMicrotask(() => callback(new Error(`piece ${index}: ${chunk.byteLength} bytes instead of ${expected}`)));
      return;
    }
    this.bytes.set(chunk, offset);
    this.#written[index] = 1;
    queueMicrotask(() => callback(null));
  }

  get(index: number, range: { offset?: number; length?: number } | null, callback: Callback<Uint8Array>): void {
    if (this.#closed || !this.#written[index]) {
      queueMicrotask(() => callback(new Error(`piece ${index} is not here`)));
      return;
    }
    const start = index * this.chunkLength + (range?.offset ?? 0);
    const end = Math.min(
      this.bytes.byteLength,
      range?.length === undefined ? (index + 1) * this.chunkLength : start + range.length,
    );
    const block = this.bytes.subarray(start, end);
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

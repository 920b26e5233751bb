import type { KeptBytes } from '../segment-source.js';

/** A piece is kept as a view of the message that brought it, unless that is more than this many times as long: then as a copy. */
const MOST_HELD = 3;

export const NO_BYTES: KeptBytes = { length: 0, copy: () => new Uint8Array(0) };

/** The bytes of one segment in the pieces in which they came: nothing is joined before a player asks. */
export class SegmentContent implements KeptBytes {
  readonly #pieces: (Uint8Array | undefined)[];

  constructor(
    /** Bytes of a piece. */
    readonly pieceLength: number,
    /** Bytes of the segment. */
    readonly length: number,
  ) {
    this.#pieces = new Array(Math.ceil(length / pieceLength)).fill(undefined);
  }

  /** How many pieces it has. */
  get count(): number {
    return this.#pieces.length;
  }

  /** A whole segment, of which no copy is made. */
  static of(bytes: Uint8Array, pieceLength: number): SegmentContent {
    const content = new SegmentContent(pieceLength, bytes.byteLength);
    for (let i = 0; i < content.#pieces.length; i++) {
      content.#pieces[i] = bytes.subarray(i * pieceLength, (i + 1) * pieceLength);
    }
    return content;
  }

  /** Bytes of piece `index`; 0 or less where the segment has no such piece. */
  lengthOf(index: number): number {
    return Math.min(this.pieceLength, this.length - index * this.pieceLength);
  }

  /** Takes a piece, whose bytes nobody writes any more. */
  set(index: number, piece: Uint8Array): void {
    this.#pieces[index] = piece.buffer.byteLength > MOST_HELD * piece.byteLength ? piece.slice() : piece;
  }

  /** The piece itself, to be read. */
  piece(index: number): Uint8Array | undefined {
    return this.#pieces[index];
  }

  /** The bytes from the first one on that are here. */
  get prefix(): KeptBytes {
    const missing = this.#pieces.indexOf(undefined);
    if (missing < 0) return this;
    const length = missing * this.pieceLength;
    return { length, copy: (from = 0, to = length) => this.copy(from, Math.min(to, length)) };
  }

  /** @throws {RangeError} when some of them are not here. */
  copy(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
    const end = Math.min(to, this.length);
    const bytes = new Uint8Array(Math.max(0, end - from));
    for (let at = from; at < end; ) {
      const index = Math.floor(at / this.pieceLength);
      const piece = this.#pieces[index];
      if (!piece) throw new RangeError(`piece ${index} is not here`);
      const start = index * this.pieceLength;
      const part = piece.subarray(at - start, end - start);
      bytes.set(part, at - from);
      at += part.byteLength;
    }
    return bytes;
  }
}

import fc from 'fast-check';
import { SegmentContent } from '../src/segment/segment-content.js';

const piecesOf = (bytes: Uint8Array, pieceLength: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / pieceLength) }, (_, index) =>
    bytes.slice(index * pieceLength, (index + 1) * pieceLength),
  );

describe('the content of a segment', () => {
  it('is the pieces, set in any order, joined from any byte to any other', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 16 }),
        fc.tuple(fc.nat(64), fc.nat(64)),
        (bytes, pieceLength, [from, to]) => {
          const content = new SegmentContent(pieceLength, bytes.byteLength);
          for (const [index, piece] of [...piecesOf(bytes, pieceLength).entries()].reverse()) content.set(index, piece);
          expect(content.copy()).toEqual(bytes);
          expect(content.copy(from, to)).toEqual(bytes.slice(from, to));
          expect(SegmentContent.of(bytes, pieceLength).copy(from, to)).toEqual(bytes.slice(from, to));
        },
      ),
    );
  });

  it('has a prefix as long as the pieces from the first one on that are here', () => {
    const content = new SegmentContent(4, 10);
    expect(content.prefix.length).toBe(0);
    content.set(2, Uint8Array.of(8, 9));
    content.set(0, Uint8Array.of(0, 1, 2, 3));
    expect([content.prefix.length, ...content.prefix.copy(1)]).toEqual([4, 1, 2, 3]);
    expect([...content.prefix.copy(3, 9)]).toEqual([3]);
    content.set(1, Uint8Array.of(4, 5, 6, 7));
    expect([content.prefix.length, ...content.prefix.copy(3)]).toEqual([10, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives no bytes that are not here', () => {
    const content = new SegmentContent(4, 10);
    content.set(0, new Uint8Array(4));
    expect(() => content.copy()).toThrow('piece 1 is not here');
  });

  it('gives copies only, whose buffers are theirs alone', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const content = SegmentContent.of(bytes, 2);
    const copy = content.copy();
    copy.fill(0);
    expect(copy.buffer.byteLength).toBe(3);
    expect([...content.copy()]).toEqual([1, 2, 3]);
  });

  it('keeps a piece as it came, but not a message that is much longer', () => {
    const message = new Uint8Array(24);
    const content = new SegmentContent(8, 12);
    content.set(0, message.subarray(4, 12));
    content.set(1, message.subarray(12, 16));
    expect(content.piece(0)?.buffer).toBe(message.buffer);
    expect(content.piece(1)?.buffer.byteLength).toBe(4);
  });
});

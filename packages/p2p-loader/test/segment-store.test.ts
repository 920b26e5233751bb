import fc from 'fast-check';
import { SegmentStore } from '../src/segment/segment-store.js';

const put = (store: SegmentStore, index: number, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    store.put(index, chunk, (error) => (error ? reject(error) : resolve()));
  });
const get = (
  store: SegmentStore,
  index: number,
  range: { offset?: number; length?: number } | null = null,
): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    store.get(index, range, (error, block) => (error || !block ? reject(error) : resolve(block)));
  });

describe('the segment store', () => {
  it('puts the pieces, in any order, where the whole segment has them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 16 }),
        async (bytes, chunk) => {
          const store = new SegmentStore(chunk, bytes.byteLength);
          const count = Math.ceil(bytes.byteLength / chunk);
          for (let index = count - 1; index >= 0; index--) {
            await put(store, index, bytes.subarray(index * chunk, (index + 1) * chunk));
          }
          expect(store.bytes).toEqual(bytes);
          expect(await get(store, count - 1)).toEqual(bytes.subarray((count - 1) * chunk));
        },
      ),
    );
  });

  it('gets a piece, a part of it, or its rest', async () => {
    const store = new SegmentStore(4, 10, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect([...(await get(store, 1))]).toEqual([4, 5, 6, 7]);
    expect([...(await get(store, 1, { offset: 1, length: 2 }))]).toEqual([5, 6]);
    expect([...(await get(store, 1, { offset: 3 }))]).toEqual([7]);
    expect([...(await get(store, 2))]).toEqual([8, 9]);
    expect([...(await get(store, 2, { offset: 1, length: 99 }))]).toEqual([9]);
  });

  it('holds complete bytes without a copy', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(new SegmentStore(2, 3, bytes).bytes).toBe(bytes);
  });

  it('refuses pieces that are not here, do not exist, or have the wrong length', async () => {
    const store = new SegmentStore(4, 10);
    await expect(get(store, 0)).rejects.toThrow('piece 0 is not here');
    await expect(get(store, 3)).rejects.toThrow('piece 3');
    await expect(put(store, 0, new Uint8Array(3))).rejects.toThrow('piece 0: 3 bytes instead of 4');
    await expect(put(store, 2, new Uint8Array(4))).rejects.toThrow('piece 2: 4 bytes instead of 2');
    await expect(put(store, 3, new Uint8Array(0))).rejects.toThrow('piece 3');
    await expect(get(store, 0)).rejects.toThrow('piece 0 is not here');
  });

  it.each(['close', 'destroy'] as const)('gives and takes nothing after %s', async (end) => {
    const store = new SegmentStore(4, 4, new Uint8Array(4));
    await new Promise<void>((resolve) => {
      store[end](() => resolve());
    });
    await expect(get(store, 0)).rejects.toThrow();
    await expect(put(store, 0, new Uint8Array(4))).rejects.toThrow();
  });

  it('never calls back in the same turn', () => {
    let called = false;
    new SegmentStore(4, 4).put(0, new Uint8Array(4), () => {
      called = true;
    });
    expect(called).toBe(false);
  });
});

import { SegmentContent } from '../src/segment/segment-content.js';
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
  it('puts the pieces where the content has them', async () => {
    const content = new SegmentContent(4, 6);
    const store = new SegmentStore(content);
    await put(store, 1, Uint8Array.of(4, 5));
    await put(store, 0, Uint8Array.of(0, 1, 2, 3));
    expect([...content.copy()]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(await get(store, 1))]).toEqual([4, 5]);
  });

  it('gets a piece, a part of it, or its rest', async () => {
    const store = new SegmentStore(SegmentContent.of(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 4));
    expect([...(await get(store, 1))]).toEqual([4, 5, 6, 7]);
    expect([...(await get(store, 1, { offset: 1, length: 2 }))]).toEqual([5, 6]);
    expect([...(await get(store, 1, { offset: 3 }))]).toEqual([7]);
    expect([...(await get(store, 2))]).toEqual([8, 9]);
    expect([...(await get(store, 2, { offset: 1, length: 99 }))]).toEqual([9]);
  });

  it('refuses pieces that are not here, do not exist, or have the wrong length', async () => {
    const store = new SegmentStore(new SegmentContent(4, 10));
    await expect(get(store, 0)).rejects.toThrow('piece 0 is not here');
    await expect(get(store, 3)).rejects.toThrow('piece 3');
    await expect(put(store, 0, new Uint8Array(3))).rejects.toThrow('piece 0: 3 bytes instead of 4');
    await expect(put(store, 2, new Uint8Array(4))).rejects.toThrow('piece 2: 4 bytes instead of 2');
    await expect(put(store, 3, new Uint8Array(0))).rejects.toThrow('piece 3');
    await expect(get(store, 0)).rejects.toThrow('piece 0 is not here');
  });

  it.each(['close', 'destroy'] as const)('gives and takes nothing after %s', async (end) => {
    const store = new SegmentStore(SegmentContent.of(new Uint8Array(4), 4));
    await new Promise<void>((resolve) => {
      store[end](() => resolve());
    });
    await expect(get(store, 0)).rejects.toThrow();
    await expect(put(store, 0, new Uint8Array(4))).rejects.toThrow();
  });

  it('never calls back in the same turn', () => {
    let called = false;
    new SegmentStore(new SegmentContent(4, 4)).put(0, new Uint8Array(4), () => {
      called = true;
    });
    expect(called).toBe(false);
  });
});

import type { Segment } from '../src/segment/segment.js';
import { MAX_HINTED, MAX_HINTED_BYTES, SegmentLibrary } from '../src/segment/segment-library.js';

const hash = (n: number): string => n.toString(16).padStart(40, '0');

class FakeSegment {
  complete = false;
  destroyed = false;
  hasTorrent = false;
  constructor(
    readonly infoHash: string,
    readonly length: number,
  ) {}
  destroy(): void {
    this.destroyed = true;
  }
}

const make = (maxBytes = 1_000) => {
  const listed = new Set<string>();
  const inUse = new Set<string>();
  const evicted: string[] = [];
  const library = new SegmentLibrary({
    maxBytes,
    create: (infoHash, length) => new FakeSegment(infoHash, length) as unknown as Segment,
    listedAt: ({ infoHash }) => (listed.has(infoHash) ? 0 : undefined),
    inUse: ({ infoHash }) => inUse.has(infoHash),
    onEvicted: ({ infoHash }) => evicted.push(infoHash),
  });
  /** A listed segment that is here whole. */
  const add = (n: number, length: number): FakeSegment => {
    const segment = library.ensure(hash(n), length) as unknown as FakeSegment;
    segment.complete = true;
    listed.add(hash(n));
    return segment;
  };
  return { library, listed, inUse, evicted, add };
};

describe('the segment library', () => {
  it('has one segment for an infohash', () => {
    const { library } = make();
    expect(library.ensure(hash(1), 10)).toBe(library.ensure(hash(1), 10));
    expect([library.size, library.get(hash(2))]).toEqual([1, undefined]);
  });

  it('tells what it holds whole, and how many bytes that is', () => {
    const { library, add } = make();
    add(1, 300);
    add(2, 200);
    library.ensure(hash(3), 400);
    expect(library.held()).toEqual([hash(1), hash(2)]);
    expect(library.completeBytes).toBe(500);
  });

  it('counts what is under way, and drops it when nobody wants it any more', () => {
    const { library, listed, inUse, evicted } = make(500);
    for (const n of [1, 2]) {
      const segment = library.ensure(hash(n), 300) as unknown as FakeSegment;
      segment.hasTorrent = true;
      listed.add(hash(n));
      inUse.add(hash(n));
    }
    library.evict(0);
    expect(evicted).toEqual([]);
    inUse.clear();
    library.evict(0);
    expect(evicted).toEqual([hash(1)]);
  });

  it('drops the oldest until the bytes fit, but none that is wanted', () => {
    const { library, inUse, evicted, add } = make(1_000);
    const segments = [1, 2, 3, 4, 5].map((n) => add(n, 300));
    inUse.add(hash(1));
    library.evict(0);
    expect(evicted).toEqual([hash(2), hash(3)]);
    expect(library.completeBytes).toBe(900);
    expect(segments.map(({ destroyed }) => destroyed)).toEqual([false, true, true, false, false]);
  });

  it('drops what no playlist lists any more, but none that a player waits for', () => {
    const { library, listed, inUse, evicted, add } = make();
    for (const n of [1, 2, 3]) add(n, 10);
    listed.clear();
    listed.add(hash(3));
    inUse.add(hash(2));
    library.evict(0);
    expect(evicted).toEqual([hash(1)]);
    inUse.clear();
    library.evict(0);
    expect(evicted).toEqual([hash(1), hash(2)]);
  });

  it('keeps at most two segments, and 8 MiB, that only other viewers named', () => {
    const { library } = make();
    expect([MAX_HINTED, MAX_HINTED_BYTES]).toEqual([2, 8 * 2 ** 20]);
    expect(library.hint(hash(1), MAX_HINTED_BYTES + 1, 0)).toBeUndefined();
    expect(library.hint(hash(1), MAX_HINTED_BYTES - 10, 0)).toBeDefined();
    expect(library.hint(hash(2), 11, 0)).toBeUndefined();
    expect(library.hint(hash(2), 10, 0)).toBeDefined();
    expect(library.hint(hash(3), 0, 0)).toBeUndefined();
    expect(library.size).toBe(2);
  });

  it('makes room for another hint when a playlist lists one', () => {
    const { library } = make();
    const hinted = library.hint(hash(1), 10, 0) as Segment;
    library.hint(hash(2), 10, 0);
    expect(library.isHinted(hinted)).toBe(true);
    expect(library.ensure(hash(1), 10)).toBe(hinted);
    expect(library.isHinted(hinted)).toBe(false);
    expect(library.hint(hash(3), 10, 0)).toBeDefined();
  });

  it('takes no hint for a segment that it knows', () => {
    const { library } = make();
    library.ensure(hash(1), 10);
    expect(library.hint(hash(1), 10, 0)).toBeUndefined();
  });

  it('drops a hint that no playlist confirmed for 15 s', () => {
    const { library, evicted } = make();
    library.hint(hash(1), 10, 1_000);
    library.evict(16_000);
    expect(evicted).toEqual([]);
    library.evict(16_001);
    expect(evicted).toEqual([hash(1)]);
  });

  it('drops at once a hint that turned out wrong, and nothing that a playlist lists', () => {
    const { library, evicted } = make();
    library.hint(hash(1), 10, 0);
    library.ensure(hash(2), 10);
    library.disown(hash(1));
    library.disown(hash(2));
    expect(evicted).toEqual([hash(1)]);
  });

  it('drops everything when it is cleared', () => {
    const { library, add } = make();
    const segments = [1, 2].map((n) => add(n, 10));
    library.clear();
    expect([library.size, ...segments.map(({ destroyed }) => destroyed)]).toEqual([0, true, true]);
  });
});

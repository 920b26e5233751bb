import { LRUCache } from 'lru-cache';

/** A map with a bounded number of entries: it forgets those that were used longest ago. */
export interface BoundedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  delete(key: string): boolean;
}

/** @param max entries */
export function boundedMap<V extends object | number>(max: number): BoundedMap<V> {
  return new LRUCache<string, V>({ max });
}

/**
 * @param max size of all entries
 * @param sizeOf an entry's size when it is set; one that is larger than all may be is not kept
 */
export function sizedMap<V extends object>(max: number, sizeOf: (value: V) => number): BoundedMap<V> {
  return new LRUCache<string, V>({ maxSize: max, sizeCalculation: sizeOf });
}

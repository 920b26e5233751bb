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

// @ts-check

/** Entries, and their sizes, that a cache keeps at most in a process that is watched. */
const MAX = 300;
const MAX_SIZE = 2 ** 20;

/** @typedef {{ max?: number, maxSize?: number }} Bounds */
/** @type {{ LRUCache: new (options: Bounds) => object }} */
const real = await import(new URL(import.meta.url).searchParams.get('real') ?? '');

/** The real one, with small bounds. */
export class LRUCache extends real.LRUCache {
  /** @param {Bounds} options */
  constructor(options) {
    const { max, maxSize } = options;
    super({
      ...options,
      ...(max ? { max: Math.min(max, MAX) } : {}),
      ...(maxSize ? { maxSize: Math.min(maxSize, MAX_SIZE) } : {}),
    });
  }
}

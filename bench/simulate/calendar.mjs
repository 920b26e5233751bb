/** Furthest that an event may lie ahead, ms; a power of two. */
const HORIZON_MS = 32_768;
const FIRST_CAPACITY = 1 << 16;

/** Events by the millisecond in which they happen, first in first out within one. Everything is in typed arrays. */
export class Calendar {
  now = 0;
  size = 0;
  /** The event that `next` took: what happens, to which viewer, on which of its links, and one more number. */
  kind = 0;
  viewer = 0;
  slot = 0;
  detail = 0;
  #heads = new Int32Array(HORIZON_MS).fill(-1);
  #tails = new Int32Array(HORIZON_MS).fill(-1);
  #following = new Int32Array(FIRST_CAPACITY);
  #what = new Int32Array(FIRST_CAPACITY);
  #viewers = new Int32Array(FIRST_CAPACITY);
  #details = new Int32Array(FIRST_CAPACITY);
  #used = 0;
  #free = -1;

  /** Adds an event at least 1 ms ahead. @param {number} delay @param {number} kind @param {number} viewer @param {number} slot @param {number} detail */
  add(delay, kind, viewer, slot, detail) {
    const at = (this.now + Math.max(1, Math.min(HORIZON_MS - 1, Math.round(delay)))) & (HORIZON_MS - 1);
    let entry = this.#free;
    if (entry >= 0) this.#free = this.#following[entry];
    else {
      if (this.#used === this.#what.length) this.#grow();
      entry = this.#used++;
    }
    this.#what[entry] = (kind << 8) | slot;
    this.#viewers[entry] = viewer;
    this.#details[entry] = detail;
    this.#following[entry] = -1;
    const tail = this.#tails[at];
    if (tail < 0) this.#heads[at] = entry;
    else this.#following[tail] = entry;
    this.#tails[at] = entry;
    this.size += 1;
  }

  /** Takes the next event into the fields; false when none is left, or none before `end`. @param {number} end */
  next(end) {
    if (this.size === 0) return false;
    let at = this.now & (HORIZON_MS - 1);
    while (this.#heads[at] < 0) {
      this.now += 1;
      if (this.now >= end) return false;
      at = this.now & (HORIZON_MS - 1);
    }
    const entry = this.#heads[at];
    this.#heads[at] = this.#following[entry];
    if (this.#heads[at] < 0) this.#tails[at] = -1;
    this.kind = this.#what[entry] >> 8;
    this.slot = this.#what[entry] & 255;
    this.viewer = this.#viewers[entry];
    this.detail = this.#details[entry];
    this.#following[entry] = this.#free;
    this.#free = entry;
    this.size -= 1;
    return true;
  }

  clear() {
    this.#heads.fill(-1);
    this.#tails.fill(-1);
    this.#used = 0;
    this.#free = -1;
    this.size = 0;
    this.now = 0;
  }

  #grow() {
    /** @param {Int32Array} array */
    const grow = (array) => {
      const larger = new Int32Array(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.#following = grow(this.#following);
    this.#what = grow(this.#what);
    this.#viewers = grow(this.#viewers);
    this.#details = grow(this.#details);
  }
}

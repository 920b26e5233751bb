/** A body is longer than may be held. */
export class TooLongError extends RangeError {
  override readonly name = 'TooLongError';
}

interface Reader {
  /** Index of the chunk that it reads next. */
  next: number;
  /** It has taken all that has come. */
  waiting: boolean;
  cut: boolean;
}

/**
 * A body that is being read once and handed to any number of readers, each from its first byte. Of one that is longer than `limit` bytes
 * there is no whole, and nobody joins any more: it goes on to those who read it, as fast as they take it. Who is `limit` bytes behind
 * another reader is cut off then.
 */
export class SharedRead {
  readonly #limit: number;
  /** Those from `#first` on. */
  readonly #chunks: Uint8Array[] = [];
  #first = 0;
  #held = 0;
  #tooLong = false;
  readonly #readers = new Set<Reader>();
  #wake: (() => void)[] = [];
  /** Undefined while it is being read. */
  #end: { readonly error?: unknown } | undefined;
  /** All of it; rejects when the source does, with `TooLongError` as soon as it is longer than `limit`. */
  readonly whole: Promise<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>, limit: number) {
    this.#limit = limit;
    this.whole = new Promise((resolve, reject) => void this.#readAll(source, resolve, reject));
    // Readers get the rejection too: nobody need wait for the whole.
    this.whole.catch(() => {});
  }

  /** Longer than `limit`: nobody can join any more. */
  get tooLong(): boolean {
    return this.#tooLong;
  }

  /** Bytes in memory. */
  get held(): number {
    return this.#held;
  }

  /** Whether somebody reads it. */
  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /** The bytes as they come. Throws what the source threw. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#tooLong) throw new TooLongError('its beginning is gone');
    const reader: Reader = { next: 0, waiting: false, cut: false };
    this.#readers.add(reader);
    try {
      for (;;) {
        if (reader.cut) throw new TooLongError('taken too slowly');
        const chunk = this.#chunks[reader.next - this.#first];
        if (chunk !== undefined) {
          reader.next++;
          if (this.#tooLong) this.#notify();
          yield chunk;
        } else if (this.#end === undefined) {
          reader.waiting = true;
          if (this.#tooLong) this.#notify();
          await this.#change();
          reader.waiting = false;
        } else if ('error' in this.#end) throw this.#end.error;
        else return;
      }
    } finally {
      this.#readers.delete(reader);
      this.#notify();
    }
  }

  async #readAll(
    source: AsyncIterable<Uint8Array>,
    resolve: (whole: Uint8Array) => void,
    reject: (error: unknown) => void,
  ): Promise<void> {
    try {
      for await (const chunk of source) {
        this.#chunks.push(chunk);
        this.#held += chunk.length;
        if (!this.#tooLong && this.#held > this.#limit) {
          this.#tooLong = true;
          reject(new TooLongError(`is longer than ${this.#limit} bytes`));
        }
        this.#notify();
        if (this.#tooLong && !(await this.#hasRoom())) break;
      }
      this.#end = {};
      if (!this.#tooLong) resolve(Buffer.concat(this.#chunks));
    } catch (error) {
      this.#end = { error };
      reject(error);
    } finally {
      this.#notify();
    }
  }

  /** Waits until less than `limit` bytes are held; false: nobody reads any more. */
  async #hasRoom(): Promise<boolean> {
    for (;;) {
      if (this.#readers.size === 0) return false;
      const slowest = Math.min(...[...this.#readers].map(({ next }) => next));
      for (; this.#first < slowest; this.#first++) this.#held -= this.#chunks.shift()?.length ?? 0;
      if (this.#held <= this.#limit) return true;
      const readers = [...this.#readers];
      if (readers.some(({ waiting }) => waiting)) {
        for (const reader of readers) {
          if (reader.next > slowest) continue;
          reader.cut = true;
          this.#readers.delete(reader);
        }
      } else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

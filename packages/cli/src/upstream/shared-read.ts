/** A body that is being read once and handed to any number of readers, each from its first byte. */
export class SharedRead {
  readonly #chunks: Uint8Array[] = [];
  #wake: (() => void)[] = [];
  /** Undefined while it is being read. */
  #end: { readonly error?: unknown } | undefined;
  /** All of it; rejects when the source does. */
  readonly whole: Promise<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.whole = this.#readAll(source);
    // Readers get the rejection too: nobody need wait for the whole.
    this.whole.catch(() => {});
  }

  /** The bytes as they come. Throws what the source threw. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let i = 0; ; ) {
      const chunk = this.#chunks[i];
      if (chunk !== undefined) {
        i++;
        yield chunk;
      } else if (this.#end === undefined) await new Promise<void>((resolve) => this.#wake.push(resolve));
      else if ('error' in this.#end) throw this.#end.error;
      else return;
    }
  }

  async #readAll(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    try {
      for await (const chunk of source) {
        this.#chunks.push(chunk);
        this.#notify();
      }
      this.#end = {};
      return Buffer.concat(this.#chunks);
    } catch (error) {
      this.#end = { error };
      throw error;
    } finally {
      this.#notify();
    }
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

/** A request that brings no byte for so long is given up, ms: as long as players wait for a first byte. */
const SILENCE_MS = 10_000;

/** Ends a request to the origin on which nothing moves, or which nobody wants any more. */
export class SilenceWatch {
  readonly #abort = new AbortController();
  readonly #unwanted = (): void => this.#abort.abort();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param wanted aborted when nobody wants the answer */
  constructor(private readonly wanted: AbortSignal) {
    wanted.addEventListener('abort', this.#unwanted);
    if (wanted.aborted) this.#unwanted();
    this.heard();
  }

  /** For the request. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something came. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new Error('no byte for 10 s')), SILENCE_MS);
  }

  /** The answer is here. */
  end(): void {
    clearTimeout(this.#timer);
    this.wanted.removeEventListener('abort', this.#unwanted);
  }
}

/** Reads that end: in time, and when the magnetizer is closed, whether or not the reader heeds its signal. */
export class BoundedReads {
  readonly #running = new Set<AbortController>();
  #closed = false;

  /** @param timeout of one read, ms */
  constructor(private readonly timeout: number) {}

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * @param read does no more once its signal is aborted
   * @throws what `read` does; Error when it took too long, or was given up
   */
  async run<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(new Error(`not read in ${this.timeout} ms`)), this.timeout);
    // In Node, waiting for a segment keeps no process alive; browsers have numbers for timers.
    (timer as { unref?: () => void }).unref?.();
    this.#running.add(controller);
    try {
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        read(signal).then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      this.#running.delete(controller);
    }
  }

  /** Gives up what is running. */
  close(): void {
    this.#closed = true;
    for (const read of this.#running) read.abort(new Error('the magnetizer is closed'));
  }
}

import type { KeptBytes } from '../segment-source.js';

interface Waiter {
  readonly resolve: (bytes: KeptBytes) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: () => void;
}

/** The player's requests for segments that are not here yet, by infohash. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** Infohashes that are waited for. */
  get all(): ReadonlyMap<string, unknown> {
    return this.#waiters;
  }

  /** Waits for a segment. Rejects with AbortError (DOMException) when `signal` says so; `onAbort` is called then. */
  wait(
    infoHash: string,
    signal: AbortSignal | undefined,
    onProgress: () => void,
    onAbort: () => void,
  ): Promise<KeptBytes> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(infoHash) ?? new Set<Waiter>();
      this.#waiters.set(infoHash, waiters);
      const done = (): void => {
        signal?.removeEventListener('abort', abort);
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiters.get(infoHash) === waiters) this.#waiters.delete(infoHash);
      };
      const abort = (): void => {
        done();
        reject(new DOMException('the player gave the segment up', 'AbortError'));
        onAbort();
      };
      const waiter: Waiter = {
        resolve: (bytes) => {
          done();
          resolve(bytes);
        },
        reject: (error) => {
          done();
          reject(error);
        },
        onProgress,
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
    });
  }

  progress(infoHash: string): void {
    for (const waiter of this.#waiters.get(infoHash) ?? []) waiter.onProgress();
  }

  resolve(infoHash: string, bytes: KeptBytes): void {
    for (const waiter of [...(this.#waiters.get(infoHash) ?? [])]) waiter.resolve(bytes);
  }

  reject(infoHash: string, error: Error): void {
    for (const waiter of [...(this.#waiters.get(infoHash) ?? [])]) waiter.reject(error);
  }

  rejectAll(error: Error): void {
    for (const infoHash of [...this.#waiters.keys()]) this.reject(infoHash, error);
  }
}

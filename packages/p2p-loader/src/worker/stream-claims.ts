import type { WorkerContainer } from './container.js';

/** The worker tells every loader of a page of every playlist: these are the streams that the loaders have shared out. */
export class StreamClaims {
  /** By loader; `undefined` while it has none. */
  readonly #streams = new Map<object, string | undefined>();

  join(loader: object): void {
    if (!this.#streams.has(loader)) this.#streams.set(loader, undefined);
  }

  leave(loader: object): void {
    this.#streams.delete(loader);
  }

  /** Whether the loader may take the stream: no other has it, and none that has no stream stands ready for it. */
  allows(loader: object, stream: string): boolean {
    const own = this.#streams.get(loader);
    if (own === stream) return true;
    const others = [...this.#streams.values()];
    return !others.includes(stream) && (own === undefined || !others.includes(undefined));
  }

  /** The stream is the loader's, if that has joined. */
  claim(loader: object, stream: string): void {
    if (this.#streams.has(loader)) this.#streams.set(loader, stream);
  }
}

const claimsOfPages = new WeakMap<WorkerContainer, StreamClaims>();

/** The claims of all loaders that share this container, which are those of one page. */
export function streamClaims(container: WorkerContainer): StreamClaims {
  const claims = claimsOfPages.get(container) ?? new StreamClaims();
  claimsOfPages.set(container, claims);
  return claims;
}

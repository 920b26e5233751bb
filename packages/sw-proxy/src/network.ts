import type { Environment, FetchEventLike } from './environment.js';

/** A request without an answer for so long gives way to the same one, asked again, ms: players give up after 10 s and more. */
const GIVES_WAY_AFTER = 5_000;

interface Waiting {
  readonly since: number;
  readonly abort: AbortController;
}

/**
 * The network, for what pages ask. Chromium does not tell a worker that a player has given a request up. One that the origin never answers would
 * go on for ever, and hold the lock of the browser's cache on its URL: each later request waits for that longer than players do.
 */
export class Network {
  /** Requests without an answer, by what is asked by whom. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(private readonly environment: Pick<Environment, 'fetch' | 'now'>) {}

  async fetch({ request, clientId }: Pick<FetchEventLike, 'request' | 'clientId'>): Promise<Response> {
    const { fetch, now } = this.environment;
    // A copy of another kind of request would be another request.
    if (request.mode !== 'cors' && request.mode !== 'same-origin') return fetch(request);
    const key = [clientId, request.method, request.headers.get('Range'), request.url].join(' ');
    const before = this.#waiting.get(key);
    if (before && now() - before.since >= GIVES_WAY_AFTER) before.abort.abort();
    const abort = new AbortController();
    const giveUp = (): void => abort.abort();
    request.signal.addEventListener('abort', giveUp);
    const waiting = { since: now(), abort };
    this.#waiting.set(key, waiting);
    try {
      const { referrer, referrerPolicy } = request;
      return await fetch(request, { signal: abort.signal, referrer, referrerPolicy });
    } finally {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    }
  }
}

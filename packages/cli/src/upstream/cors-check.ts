import { LRUCache } from '../vendor/lru-cache.js';
import type { HttpClient } from './http-client.js';

/** How long an answer holds, ms. */
const HOLDS = 300_000;
/** After an answer that told nothing, ms. */
const RETRY_AFTER = 5000;
/** Pairs of page and upstream origin that are remembered. */
const MAX_ANSWERS = 1000;
/** Wait for the answer, ms: it delays the first playlist. */
const TIMEOUT = 1500;

/** Finds out whether pages may fetch from an upstream, as a browser would (Fetch Standard §4.9, CORS check). */
export class CorsCheck {
  readonly #answers = new LRUCache<string, Promise<boolean>>({ max: MAX_ANSWERS, ttl: HOLDS });

  constructor(readonly client: HttpClient) {}

  /**
   * Whether a page of `pageOrigin` may read `url`; one answer counts for all URLs of that origin.
   * What is redirected is said not to be readable: each hop would have to agree, and they are not all seen here.
   */
  allows(url: string, pageOrigin: string): Promise<boolean> {
    if (isMixedContent(url, pageOrigin)) return Promise.resolve(false);
    const key = `${new URL(url).origin} ${pageOrigin}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(this.client, url, pageOrigin).then((allowed) => {
      // An error tells nothing, it is asked again soon: the feed may just be starting.
      if (allowed === undefined) this.#answers.set(key, answer, { ttl: RETRY_AFTER });
      return allowed ?? false;
    });
    this.#answers.set(key, answer);
    return answer;
  }
}

async function ask(client: HttpClient, url: string, pageOrigin: string): Promise<boolean | undefined> {
  try {
    const { body, header, status } = await client(url, {
      headers: { Origin: pageOrigin, Range: 'bytes=0-0' },
      follow: false,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    body.destroy();
    if (status >= 300 && status < 400) return false;
    const allowed = header('access-control-allow-origin');
    if (allowed === '*' || allowed === pageOrigin) return true;
    return status < 300 ? false : undefined;
  } catch {
    return undefined;
  }
}

/** W3C Mixed Content §4.4: a page that came by HTTPS fetches nothing by HTTP, except from loopback addresses. */
export function isMixedContent(url: string, pageOrigin: string): boolean {
  const { protocol, hostname } = new URL(url);
  const loopback = hostname === '[::1]' || hostname === 'localhost' || /^127\.[\d.]+$/.test(hostname);
  return pageOrigin.startsWith('https:') && protocol === 'http:' && !loopback;
}

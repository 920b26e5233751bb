import { isLoopbackHost } from '../http/authority.js';
import { LRUCache } from '../vendor/lru-cache.js';
import type { HttpClient } from './http-client.js';

/** How long an answer holds that nobody asks for any more, ms. While it is asked for, it stays: URLs must not change in mid-stream. */
const HOLDS = 300_000;
/** Pages and upstream origins that are remembered. */
const MAX_ANSWERS = 1000;
/** Wait for the answer, ms: it delays the first playlist. */
const TIMEOUT = 1500;

/** The page that wants to fetch. */
export interface PageOrigin {
  readonly origin: string;
  /** Its requests carry credentials (`withCredentials`): then `*` allows nothing (Fetch Standard §3.3.6). */
  readonly credentials: boolean;
}

/** Finds out whether pages may fetch from an upstream, as a browser would (Fetch Standard §4.9, CORS check). */
export class CorsCheck {
  readonly #answers = new LRUCache<string, Promise<boolean>>({ max: MAX_ANSWERS, ttl: HOLDS, updateAgeOnGet: true });

  constructor(readonly client: HttpClient) {}

  /**
   * Whether a page may read `url`; one answer counts for all URLs of that origin. What is redirected is said not to be readable: each hop
   * would have to agree, and they are not all seen here. So is what gives no answer in time, or wants to know who asks.
   */
  allows(url: string, page: PageOrigin): Promise<boolean> {
    if (isMixedContent(url, page.origin)) return Promise.resolve(false);
    const key = `${new URL(url).origin} ${page.origin} ${page.credentials}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(this.client, url, page);
    this.#answers.set(key, answer);
    return answer;
  }
}

async function ask(client: HttpClient, url: string, { origin, credentials }: PageOrigin): Promise<boolean> {
  try {
    const { body, header, status } = await client(url, {
      headers: { Origin: origin, Range: 'bytes=0-0' },
      follow: false,
      // What the upstream gives to us for our credentials, it does not give to viewers.
      as: 'anybody',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    body.destroy();
    // Errors of its own have the headers, too: a segment that has gone. Whoever is led elsewhere, or refused, reads nothing.
    if ((status >= 300 && status < 400) || status === 401 || status === 403) return false;
    const allowed = header('access-control-allow-origin');
    if (credentials) return allowed === origin && header('access-control-allow-credentials') === 'true';
    return allowed === '*' || allowed === origin;
  } catch {
    return false;
  }
}

/** W3C Mixed Content §4.4: a page that came by HTTPS fetches nothing by HTTP, except from loopback addresses. */
export function isMixedContent(url: string, pageOrigin: string): boolean {
  const { protocol, hostname } = new URL(url);
  return pageOrigin.startsWith('https:') && protocol === 'http:' && !isLoopbackHost(hostname);
}

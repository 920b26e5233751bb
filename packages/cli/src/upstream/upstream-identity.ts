import { splitUserInfo } from '@live-torrent/manifest-magnetizer/node';
import { LRUCache } from '../vendor/lru-cache.js';
import { CookieJar, MemoryCookieStore } from '../vendor/tough-cookie.js';

/** Cookies that are kept of all hosts of an upstream; RFC 6265 §6.1 asks for 50 a domain. */
const MAX_COOKIES = 200;
/** Origins whose user and password are remembered, as URLs of playlists and redirects have them. */
const MAX_SIGNED_IN = 100;

export interface UpstreamIdentityOptions {
  /** The upstream's URL; its user and password are sent to its origin, and to no other. */
  readonly url: string;
  /** Headers for its origin, and for no other. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Who this server is to the upstream: what is sent to an origin besides the question itself. */
export class UpstreamIdentity {
  readonly #origin: string;
  readonly #headers: ReadonlyMap<string, string>;
  /** By origin, the value of Authorization. */
  readonly #signedIn = new LRUCache<string, string>({ max: MAX_SIGNED_IN });
  readonly #store = new MemoryCookieStore();
  readonly #jar = new CookieJar(this.#store, { rejectPublicSuffixes: true });

  constructor({ url, headers }: UpstreamIdentityOptions) {
    this.#origin = new URL(url).origin;
    this.#headers = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    this.address(url);
  }

  /**
   * The URL to ask, without user and password. These are sent to its origin from now on, as browsers do; what was known of it before
   * stays, so that no redirect changes who we are.
   */
  address(url: string): string {
    const { url: address, authorization } = splitUserInfo(url);
    if (authorization === undefined) return address;
    const { origin } = new URL(address);
    if (!this.#signedIn.has(origin)) this.#signedIn.set(origin, authorization);
    return address;
  }

  /** The headers for a URL without user and password, by lower-case name. */
  headersFor(url: string): Record<string, string> {
    const { origin } = new URL(url);
    const authorization = this.#signedIn.get(origin);
    const own = origin === this.#origin ? Object.fromEntries(this.#headers) : {};
    const cookie = mergeCookies(own.cookie, this.#jar.getCookieStringSync(url));
    return {
      ...(authorization === undefined ? {} : { authorization }),
      ...own,
      ...(cookie === '' ? {} : { cookie }),
    };
  }

  /** Takes the cookies of an answer (RFC 6265 §5.3); a cookie that is none, or not for this host, is passed by. */
  takeCookies(url: string, setCookies: readonly string[]): void {
    for (const setCookie of setCookies) this.#jar.setCookieSync(setCookie, url, { ignoreError: true });
    if (setCookies.length > 0) this.#forgetOldCookies();
  }

  #forgetOldCookies(): void {
    this.#store.getAllCookies((_, cookies = []) => {
      const byUse = [...cookies].sort((a, b) => timeOf(b.lastAccessed) - timeOf(a.lastAccessed));
      for (const { domain, path, key } of byUse.slice(MAX_COOKIES)) {
        this.#store.removeCookie(domain ?? '', path ?? '', key, () => {});
      }
    });
  }
}

/** Of a cookie that both have, the one of the jar: the upstream has renewed it. */
function mergeCookies(given: string | undefined, jar: string): string {
  const nameOf = (cookie: string): string => cookie.replace(/=.*$/s, '').trim();
  const renewed = new Set(jar.split(';').map(nameOf));
  const kept = given?.split(';').filter((cookie) => cookie.trim() !== '' && !renewed.has(nameOf(cookie))) ?? [];
  return [...kept.map((cookie) => cookie.trim()), ...(jar === '' ? [] : [jar])].join('; ');
}

function timeOf(date: Date | 'Infinity' | null): number {
  return date instanceof Date ? date.getTime() : 0;
}

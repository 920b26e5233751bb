import { LRUCache } from '../vendor/lru-cache.js';
import type { CorsCheck, PageOrigin } from './cors-check.js';
import type { UriKind } from './playlist-uris.js';

/** Pages that were told that they fetch nothing directly. */
const MAX_TOLD = 1000;

/**
 * Which origins viewers fetch segments from by themselves, decided once for each page: its Content-Security-Policy has to know them, and
 * players take a segment whose URL changes for another one. Origins that playlists name later than the first ones go through here.
 */
export class SegmentOrigins {
  /** By origin, a URL of it that was named lately; undefined before any playlist was seen. */
  #known: Map<string, string> | undefined;
  readonly #told = new LRUCache<string, true>({ max: MAX_TOLD });

  constructor(readonly cors: CorsCheck) {}

  /** Takes what the first playlists lead to, and for origins of theirs, what later ones do. */
  note(urls: readonly { readonly url: string; readonly kind: UriKind }[]): void {
    const media = urls.filter(({ kind }) => isMedia(kind));
    const latest = new Map(media.map(({ url }) => [originOf(url), url]));
    if (latest.size === 0) return;
    this.#known ??= new Map(latest);
    for (const [origin, url] of latest) if (this.#known.has(origin)) this.#known.set(origin, url);
  }

  /** Those that a viewer on this page fetches from. */
  async directFor(page: PageOrigin): Promise<ReadonlySet<string>> {
    if (this.#known === undefined) this.#told.set(page.origin, true);
    if (this.#known === undefined || this.#told.has(page.origin)) return new Set();
    const asked = [...this.#known].map(async ([origin, url]) => ((await this.cors.allows(url, page)) ? [origin] : []));
    return new Set((await Promise.all(asked)).flat());
  }
}

/** Of a URL as `URL` writes it, without a user. There may be a hundred thousand. */
export function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', url.indexOf('//') + 2));
}

/** Whether players fetch it for playing: then it may come directly from the upstream. */
function isMedia(kind: UriKind): boolean {
  return kind === 'segment' || kind === 'resource' || kind === 'key';
}

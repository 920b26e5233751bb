import { createHash } from 'node:crypto';
import { LRUCache } from '../vendor/lru-cache.js';
import type { UriKind } from './playlist-uris.js';

/** Routes that are remembered: more than the longest playlist has, a week of two-second segments. */
const MAX_ROUTES = 500_000;

const ROUTE = /^\/([rs])\/([\w-]{16})\/[^/]*$/;

/** What a path of ours stands for. */
export interface Route {
  /** Where it is asked for now. */
  readonly url: string;
  /** What it is known by, though its URL may change. Default: the URL. */
  readonly name?: string;
  /** Is another number where there may be other bytes than before. Default: the URL tells. */
  readonly generation?: number;
  readonly kind: UriKind;
}

/** Paths of ours for URLs that upstream playlists named: nothing else can be fetched through this server. */
export class RouteTable {
  readonly #routes = new LRUCache<string, Route>({ max: MAX_ROUTES });
  /** Of routes that are asked for again and again. */
  readonly #ids = new WeakMap<Route, string>();

  /** The path for what is at a URL: the same after a restart, so that players that are under way go on. A route that changes leads to where it is then. */
  pathFor(route: Route): string {
    const { kind, url, name = url } = route;
    let id = this.#ids.get(route);
    if (id === undefined) {
      id = createHash('sha1').update(`${kind} ${name}`).digest('base64url').slice(0, 16);
      this.#ids.set(route, id);
    }
    if (this.#routes.get(id) !== route) this.#routes.set(id, route);
    return `/${kind === 'playlist' ? 'r' : 's'}/${id}/${fileName(name, kind)}`;
  }

  /** Undefined for paths that are no routes, or that no playlist has named. */
  find(pathname: string): Route | undefined {
    const [, letter, id] = ROUTE.exec(pathname) ?? [];
    const route = id === undefined ? undefined : this.#routes.get(id);
    return route !== undefined && (route.kind === 'playlist') === (letter === 'r') ? route : undefined;
  }

  /** Whether the path has the form of a route. */
  isRoute(pathname: string): boolean {
    return ROUTE.test(pathname);
  }
}

/** The upstream's own name for it: players and workers go by extensions. Queries, which may hold tokens, stay here. */
function fileName(url: string, kind: Route['kind']): string {
  const name =
    url
      .replace(/[?#].*/s, '')
      .split('/')
      .slice(3)
      .at(-1)
      ?.replace(/[^\w.%~-]/g, '_') || 'media';
  return kind === 'playlist' && !name.endsWith('.m3u8') ? `${name}.m3u8` : name;
}

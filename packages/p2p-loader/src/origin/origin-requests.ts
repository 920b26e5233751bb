import { addedQuery, isCmcd, type PlayerRequest } from '@live-torrent/sw-proxy/protocol';
import { keepNewest } from '../keep-newest.js';
import type { P2PLoaderOptions } from '../options.js';
import type { OriginRequest, OriginRequestOf } from '../segment-source.js';

/** Origins whose players' requests are remembered; a stream has one or two. */
const MAX_ORIGINS = 16;

const originOf = (url: string): string => new URL(url).origin;

/** What the loader's own requests to the origin are: what the player's are, and what the site sets besides. */
export class OriginRequests {
  readonly #players = new Map<string, OriginRequestOf>();

  constructor(private readonly site: P2PLoaderOptions['originRequest']) {}

  /** The player has asked for a segment so. What the loader fetches of that origin before it is asked for goes out alike. */
  learn(url: string, player: OriginRequestOf | undefined): void {
    if (!player) return;
    this.#players.set(originOf(url), player);
    keepNewest(this.#players, MAX_ORIGINS);
  }

  async of(url: string): Promise<OriginRequest> {
    const { url: address, init } = (await this.#players.get(originOf(url))?.(url)) ?? { url, init: {} };
    const set = (await this.site?.(url)) ?? {};
    const headers = new Headers(init.headers);
    new Headers(set.headers).forEach((value, name) => void headers.set(name, value));
    return { url: address, init: { ...init, ...set, headers } };
  }
}

/**
 * What a player that asked for `listed` so would send for another URL: the same headers, and the same in the query but Common Media Client Data,
 * which tells of one request.
 */
export function likePlayer(listed: string, { url: requested, headers, credentials }: PlayerRequest): OriginRequestOf {
  const added = (addedQuery(listed, requested) ?? []).filter((part) => !isCmcd(part)).join('&');
  const init: RequestInit = { headers: headers.map(([name, value]): [string, string] => [name, value]), credentials };
  return (url) => ({ url: added ? `${url}${url.includes('?') ? '&' : '?'}${added}` : url, init });
}

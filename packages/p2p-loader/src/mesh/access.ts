import { DEFAULT_ICE_SERVERS, isPrivateHost, type P2PLoaderOptions } from '../options.js';
import { absoluteUrl } from '../playlists/absolute-url.js';
import type { NamedStream } from '../playlists/playlist-catalog.js';

/** How the mesh is reached. */
export interface MeshAccess {
  /** Announce URLs. */
  readonly announce: readonly string[];
  readonly iceServers: readonly RTCIceServer[];
}

/** Why a mesh cannot be reached. */
export function missingAccess(
  { announce, iceServers }: MeshAccess,
  { relayOnly = false }: Pick<P2PLoaderOptions, 'relayOnly'>,
): 'no-tracker' | 'no-relay' | undefined {
  if (announce.length === 0) return 'no-tracker';
  const isRelay = (server: RTCIceServer): boolean => [server?.urls].flat().some((url) => /^turns?:/.test(String(url)));
  return relayOnly && !iceServers.some(isRelay) ? 'no-relay' : undefined;
}

/** What a site set, and where it set nothing, what the playlist names. */
export interface MeshAccessSource {
  /** A promise where a function of the site has to be asked. */
  get(): MeshAccess | Promise<MeshAccess>;
  /** Whether one is. */
  readonly renews: boolean;
}

/**
 * @param named what the playlist says, and where it is from
 * @param pageHost the page's own: apps show theirs in web views at localhost, or at none, wherever their viewers are
 * @throws {TypeError} what `get` does, or rejects with, where a list is none
 */
export function meshAccess(
  options: Pick<P2PLoaderOptions, 'announce' | 'iceServers' | 'localNetwork'>,
  named: Omit<NamedStream, 'stream'>,
  pageHost = globalThis.location?.hostname ?? '',
): MeshAccessSource {
  const { announce = named.announce, iceServers } = options;
  const access = (urls: readonly string[], servers?: readonly RTCIceServer[]): MeshAccess => {
    for (const list of [urls, servers ?? []]) {
      if (!Array.isArray(list)) throw new TypeError('createP2PLoader: "announce" and "iceServers" must be lists');
    }
    const isLocal =
      options.localNetwork !== 'never' && [pageHost, ...[named.url, ...urls].map(hostOf)].every(isPrivateHost);
    return { announce: urls, iceServers: servers ?? (isLocal ? [] : DEFAULT_ICE_SERVERS) };
  };
  if (typeof announce !== 'function' && typeof iceServers !== 'function') {
    return { get: () => access(announce, iceServers), renews: false };
  }
  return {
    get: async () => {
      const given = [announce, iceServers].map((set) => (typeof set === 'function' ? set() : set));
      const [urls, servers] = await Promise.all(given);
      return access(urls as readonly string[], servers as readonly RTCIceServer[] | undefined);
    },
    renews: true,
  };
}

/** Empty for what is no URL. */
const hostOf = (url: string): string => new URL(absoluteUrl(url) ?? 'x:').hostname;

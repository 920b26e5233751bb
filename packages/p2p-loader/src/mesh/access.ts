import { DEFAULT_ICE_SERVERS, isPrivateHost, type P2PLoaderOptions } from '../options.js';

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
  const urls = iceServers.flatMap((server) => server.urls);
  return relayOnly && !urls.some((url) => /^turns?:/.test(url)) ? 'no-relay' : undefined;
}

/** What a site set, and where it set nothing, what the playlist names. */
export interface MeshAccessSource {
  /** A promise where a function of the site has to be asked. */
  get(): MeshAccess | Promise<MeshAccess>;
  /** Whether one is. */
  readonly renews: boolean;
}

/** @param trackers announce URLs of the playlist */
export function meshAccess(
  options: Pick<P2PLoaderOptions, 'announce' | 'iceServers'>,
  trackers: readonly string[],
  hostname = globalThis.location?.hostname ?? 'localhost',
): MeshAccessSource {
  const { announce = trackers, iceServers = isPrivateHost(hostname) ? [] : DEFAULT_ICE_SERVERS } = options;
  if (typeof announce !== 'function' && typeof iceServers !== 'function') {
    return { get: () => ({ announce, iceServers }), renews: false };
  }
  return {
    get: async () => {
      const [urls, servers] = await Promise.all([
        typeof announce === 'function' ? announce() : announce,
        typeof iceServers === 'function' ? iceServers() : iceServers,
      ]);
      return { announce: urls, iceServers: servers };
    },
    renews: true,
  };
}

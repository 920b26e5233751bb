/** `full`: take and give. `leech`: take, and give nothing. `off`: neither, plain HTTP. */
export type Participation = 'full' | 'leech' | 'off';

/** The same, and `helper`: takes each segment at once, and gives it to viewers who would else ask the origin. */
export type Role = Participation | 'helper';
const ROLES: readonly unknown[] = ['full', 'leech', 'off', 'helper'] satisfies Role[];

/** Where a page's figures go, and how often. */
export interface ReportOptions {
  /** Gets them by POST (`navigator.sendBeacon`), as JSON of version 1: docs/metrics.md. */
  readonly url: string;
  /** Between two reports, s. Default 60. One more goes out when the page is hidden. */
  readonly interval?: number;
  /** The part of all viewers that reports, 0 to 1. Default 1. */
  readonly share?: number;
}

/** What a site may set. Everything has a default. */
export interface P2PLoaderOptions {
  /**
   * Whether peers may be used: before this is true no RTCPeerConnection and no tracker socket exists, and segments are
   * left to the network. A function is asked once, by `start()`. Default true.
   */
  readonly enabled?: boolean | (() => boolean | Promise<boolean>);
  /**
   * ICE servers of every connection. Default: none where page, playlist and trackers are all on loopback and private hosts,
   * else `DEFAULT_ICE_SERVERS`. Of those that the browser refuses a `warning` tells, and the others are used.
   * A function is asked before each announce client is made, for credentials that expire: at the start, when a tracker
   * was lost, and every half hour. One that rejects or takes more than 10 s is asked again after 10 to 20 s, then later
   * and later, up to 160 to 320 s; until the first answer segments are left to the network.
   */
  readonly iceServers?: readonly RTCIceServer[] | (() => readonly RTCIceServer[] | Promise<readonly RTCIceServer[]>);
  /**
   * WebTorrent trackers (`ws:`, `wss:`) instead of those that the playlist names, four at most. Each is used for itself:
   * one that does not answer is tried again later and later, up to 160 to 320 s, and disturbs none of the others.
   * A function, for tokens that expire, is asked like that of `iceServers`.
   */
  readonly announce?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  /**
   * Only connections through a TURN server of `iceServers`: other viewers do not see this viewer's addresses, and
   * without such a server the stream plays by plain HTTP (`no-relay`). Default false.
   */
  readonly relayOnly?: boolean;
  /**
   * `ask`: viewers of one local network find each other there, and a browser that asks its viewer for leave to reach it does so once the
   * mesh is joined, so after `enabled`. `never`: no address of the local network is offered to other viewers nor taken from them, so that nothing
   * has to be asked for; links go over reflexive and relayed addresses, which need `iceServers`. Default `ask`.
   */
  readonly localNetwork?: 'ask' | 'never';
  /**
   * Which playlists are this loader's, on a page with several players behind one worker: tested with the absolute URL.
   * Default: all of one stream, where other loaders of the page have others.
   */
  readonly playlist?: RegExp | ((url: URL) => boolean);
  /**
   * The group that this viewer is of, as the page's operator knows it: an office, a subnet, an ISP, a region. 1 to 256 characters, the same for all
   * of it; others learn a hash of it. A function is asked when the mesh is joined, and again after 10 to 20 s, then later and later, where it fails;
   * until then segments are left to the network. Default: no group.
   */
  readonly group?: string | (() => string | Promise<string>);
  /**
   * `prefer`: viewers link to those of their group first, and take from others only what they would ask the origin for; so each segment comes into
   * the group about once. `only`: viewers of other groups are not met at all. Default `prefer`.
   */
  readonly groupRule?: 'prefer' | 'only';
  /** The mesh's name instead of the playlist's, 40 hex digits. */
  readonly stream?: string;
  /**
   * A service worker with sw-proxy: the URL of its script, which `start()` registers; `true` for one that is registered anyhow; or the
   * container, which sandboxed frames throw at reading. Where there is none the stream plays by plain HTTP; without it use `hlsConfig()`.
   */
  readonly serviceWorker?: string | boolean | ServiceWorkerContainer | undefined;
  /** Headers, credentials and the like for requests to the origin. Default: none. */
  readonly originRequest?: (url: string) => RequestInit | Promise<RequestInit>;
  /** Bytes of verified segments kept in memory. Default 128 MiB, 48 MiB on devices with at most 4 GiB. */
  readonly maxCacheBytes?: number;
  /**
   * What this viewer does among the others. `leech`: nothing is offered, every request for a segment is refused, and segments still come from
   * peers. `off` is like `enabled: false`. `helper` is for viewers without a screen, as in `@live-torrent/helper`. The device may allow less: see
   * `saveData`, `cellular` and `lowBattery`. Default `full`.
   */
  readonly role?: Role;
  /**
   * Most payload bytes a second given to all other viewers together; short bursts of up to a quarter of a second (at
   * least 32 KiB) may be faster. 0 is like the role `leech`. Default: no limit.
   */
  readonly maxUploadRate?: number;
  /** Payload bytes given in the life of this loader, never passed; then it goes on as with the role `leech`. Default: no limit. */
  readonly maxUploadBytes?: number;
  /** What Save-Data (`navigator.connection.saveData`) means. Default `off`: no peers, plain HTTP. */
  readonly saveData?: Participation;
  /** What a cellular connection (`navigator.connection.type`) means. Default `leech`: take, and give nothing. */
  readonly cellular?: Participation;
  /** What a battery below 15 % that is not charging means. Default `leech`. */
  readonly lowBattery?: Participation;
  /**
   * How long a hidden page goes on giving once its media plays no more, ms; then it leaves the mesh until it is seen or
   * plays again. Without an attached media element it plays while it asks for segments. Infinity: for ever. Default 60,000.
   */
  readonly hiddenFor?: number;
  /**
   * Measures what peers would have given, and takes nothing from them: segments are left to the network, and `stats.shadow`
   * and `shadow` events say what would have been. Viewers in this mode link among themselves only, and exchange no media.
   * Default false.
   */
  readonly shadow?: boolean;
  /**
   * Sends figures to the site, of a part of its viewers, once P2P is allowed: bytes, segments, stalls, links; no id, address or URL. What is
   * sent: docs/metrics.md. Needs `report.js` beside the module. Default: nothing is sent.
   */
  readonly report?: ReportOptions;
  /** For tests: the clock (ms), the randomness, and fetch. */
  readonly environment?: Partial<LoaderEnvironment>;
}

export interface LoaderEnvironment {
  readonly now: () => number;
  readonly random: () => number;
  readonly fetch: typeof fetch;
}

/** What the page has, where a test brings nothing of its own. */
export const readEnvironment = (given: Partial<LoaderEnvironment> = {}): LoaderEnvironment => ({
  now: given.now ?? (() => performance.now()),
  random: given.random ?? Math.random,
  fetch: given.fetch ?? ((input, init) => fetch(input, init)),
});

/**
 * What the site set, where it is one of the words that there are.
 * @throws {TypeError} naming the option
 */
export function roleOf({ role = 'full' }: Pick<P2PLoaderOptions, 'role'>): Role {
  if (ROLES.includes(role)) return role;
  throw new TypeError(`createP2PLoader: option "role" must be one of ${ROLES.join(', ')}, not ${String(role)}`);
}

/** Public STUN servers for sites that set none. They see the viewers' addresses; see the privacy page. */
export const DEFAULT_ICE_SERVERS: readonly RTCIceServer[] = [
  { urls: ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478'] },
];

/**
 * The test that the option `playlist` stands for.
 * @throws {TypeError} for a value of the wrong kind
 */
export function playlistTest(playlist: P2PLoaderOptions['playlist']): (url: URL) => boolean {
  if (playlist === undefined) return () => true;
  if (typeof playlist === 'function') return playlist;
  if (!(playlist instanceof RegExp)) {
    throw new TypeError(`createP2PLoader: option "playlist" must be a RegExp or a function, not ${String(playlist)}`);
  }
  // A copy without g and y, whose lastIndex would make every other test fail.
  const stateless = new RegExp(playlist.source, playlist.flags.replace(/[gy]/g, ''));
  return (url) => stateless.test(url.href);
}

const MIB = 1024 * 1024;

/** @param deviceMemoryGiB as the browser tells it */
export function defaultCacheBytes(
  deviceMemoryGiB = (globalThis.navigator as { deviceMemory?: number } | undefined)?.deviceMemory,
): number {
  return (deviceMemoryGiB !== undefined && deviceMemoryGiB <= 4 ? 48 : 128) * MIB;
}

/** Whether a host is on this machine or network; so is none, that of a file. Who meets at such hosts needs no STUN, which only costs time. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    host === '' ||
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host.endsWith('.local') ||
    /^(127|10)\.\d+\.\d+\.\d+$/.test(host) ||
    /^(192\.168|169\.254)\.\d+\.\d+$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(host) ||
    host === '::1' ||
    /^(fe[89ab]|f[cd])[0-9a-f]*:/.test(host)
  );
}

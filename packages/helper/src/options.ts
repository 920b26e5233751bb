/** Which renditions of a Multivariant Playlist are held: all, the one of the highest bandwidth, or so many from the highest on down. */
export type Renditions = 'all' | 'highest' | number;

/** What a helper may be told. Everything but the URL has a default. */
export interface HelperOptions {
  /** The Media or Multivariant Playlist (http, https), with magnet links in it. */
  readonly url: string | URL;
  /** Renditions to hold; those that play beside a variant (EXT-X-MEDIA with a URI) are held with it. Default `highest`. */
  readonly renditions?: Renditions;
  /** A recording (EXT-X-ENDLIST) is held whole, as far as `maxBytes` goes, and given until the helper is stopped. Default false: refused. */
  readonly all?: boolean;
  /** Most payload bytes a second that are given. Default: no limit. */
  readonly maxUploadRate?: number;
  /** Bytes of verified segments in memory, of each viewer. Default 256 MiB. */
  readonly maxBytes?: number;
  /** An audience in place of a helper: so many viewers in one process, who take and give as those of pages do. Default: one helper. */
  readonly viewers?: number;
  /** Trackers (ws, wss) instead of those that the playlist names. A function, for tokens that expire, is asked before each connection to one. */
  readonly announce?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  /** The group that it is of, and what that means: as those of the loader. */
  readonly group?: string;
  readonly groupRule?: 'prefer' | 'only';
  /** ICE servers of all connections. Default: those of the loader. */
  readonly iceServers?: readonly {
    readonly urls: string | string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
  /** Headers for playlists and segments of the playlist's own origin. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options as the process that views gets them: with their defaults, and nothing that a message could not carry. */
export interface ViewingOptions {
  readonly url: string;
  readonly renditions: Renditions;
  readonly all: boolean;
  readonly maxUploadRate: number | undefined;
  readonly maxBytes: number;
  readonly viewers: number | undefined;
  /** `ask`: the process that has the function. */
  readonly announce: readonly string[] | 'ask' | undefined;
  readonly group: string | undefined;
  readonly groupRule: 'prefer' | 'only' | undefined;
  readonly iceServers: HelperOptions['iceServers'];
  readonly headers: Readonly<Record<string, string>>;
}

/** Default of `maxBytes`: bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Longest name of a group, characters: as the loader takes it. */
const MAX_GROUP = 256;
/** Most viewers of one process: each has connections and timers of its own. */
export const MAX_VIEWERS = 1_000;

/** @throws {TypeError} naming the option that has a bad value. */
export function readOptions(options: HelperOptions): ViewingOptions {
  const { renditions = 'highest', all = false, maxUploadRate, maxBytes = MAX_BYTES, viewers } = options;
  const url = typeof options.url === 'string' ? parsed(options.url) : options.url;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new TypeError('createHelper: option "url" must be an http: or https: URL');
  if (renditions !== 'all' && renditions !== 'highest' && !isCount(renditions))
    throw new TypeError('createHelper: option "renditions" must be "all", "highest" or a whole number above 0');
  if (maxUploadRate !== undefined && !(maxUploadRate >= 0))
    throw new TypeError('createHelper: option "maxUploadRate" must be a number of bytes a second');
  if (!(maxBytes > 0)) throw new TypeError('createHelper: option "maxBytes" must be a number of bytes above 0');
  if (viewers !== undefined && (!isCount(viewers) || viewers > MAX_VIEWERS))
    throw new TypeError(`createHelper: option "viewers" must be a whole number 1 to ${MAX_VIEWERS}`);
  const { announce, iceServers, headers = {}, group, groupRule } = options;
  if (group !== undefined && !(typeof group === 'string' && group.length > 0 && group.length <= MAX_GROUP))
    throw new TypeError(`createHelper: option "group" must be a string of 1 to ${MAX_GROUP} characters`);
  if (groupRule !== undefined && (group === undefined || !['prefer', 'only'].includes(groupRule)))
    throw new TypeError('createHelper: option "groupRule" must be "prefer" or "only", beside "group"');
  for (const tracker of typeof announce === 'function' ? [] : (announce ?? [])) {
    if (!['ws:', 'wss:'].includes(parsed(tracker)?.protocol ?? ''))
      throw new TypeError('createHelper: option "announce" must have ws: or wss: URLs');
  }
  const trackers = typeof announce === 'function' ? 'ask' : announce;
  return {
    ...{ url: url.href, renditions, all, maxUploadRate, maxBytes, viewers, announce: trackers },
    ...{ group, groupRule, iceServers, headers },
  };
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

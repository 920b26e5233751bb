/**
 * The messages between a page with a loader and the service worker that controls it.
 * This file imports nothing, so that both ends, and tests, share it as it is. Structured-clone values only.
 * Each side drops what the guards below do not know: with mixed versions the player simply plays from the network.
 */

/** Tag of every message, so that a site's own messages on the same channels are never mistaken for ours. */
export const NAMESPACE = 'live-torrent';

/** Version of these messages; raised when an old end could misread a new one. */
export const VERSION = 2;

/** Most segment URLs in one table; the page sends its newest ones. */
export const TABLE_LIMIT = 10_000;

/** Longest URL, UTF-16 code units. */
export const URL_LIMIT = 8_192;

/** Longest playlist that is handed to the page, bytes. */
export const PLAYLIST_LIMIT = 4 * 1024 * 1024;

/** How often a page that has taken a request says that it is alive, ms. */
export const ALIVE_INTERVAL = 1_000;

/** Fragment of a URL that the worker must leave to the network: the loader's own requests to the origin. */
const BYPASS = '#live-torrent-origin';

/**
 * The URL for the loader's own request to the origin: the worker leaves it alone, the server never sees the mark.
 * @example bypassWorker('https://cdn.example/s1.ts') // 'https://cdn.example/s1.ts#live-torrent-origin'
 */
export const bypassWorker = (url: string): string => withoutFragment(url) + BYPASS;

/** Whether the URL carries the mark of `bypassWorker`. */
export const isBypassed = (url: string): boolean => url.endsWith(BYPASS);

/** The URL as it stands in a table of segments. */
export const withoutFragment = (url: string): string => url.split('#', 1)[0] as string;

/**
 * What a player has put into the query of a URL of a playlist, each `name=value` as it stands there; `undefined` where the URL is not that one with
 * more in its query. Players may serialize the rest of the query anew and in another order.
 * @example addedQuery('https://cdn.example/s1.ts?t=1', 'https://cdn.example/s1.ts?CMCD=br%3D800&t=1') // ['CMCD=br%3D800']
 */
export function addedQuery(listed: string, requested: string): string[] | undefined {
  const [resource, own] = partsOf(listed);
  const [path, added] = partsOf(requested);
  if (path !== resource) return undefined;
  for (const part of own.map(canonical)) {
    const index = added.findIndex((other) => canonical(other) === part);
    if (index < 0) return undefined;
    added.splice(index, 1);
  }
  return added;
}

/** Of the URLs of playlists the one that a player means by `requested`: that into whose query it has put least. */
export function listedUrl(urls: Iterable<string>, requested: string): string | undefined {
  const resource = withoutQuery(requested);
  let found: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const url of urls) {
    const added = url.startsWith(resource) ? addedQuery(url, requested) : undefined;
    if (!added || added.length >= least) continue;
    least = added.length;
    found = url;
  }
  return found;
}

const withoutQuery = (url: string): string => url.split('?', 1)[0] as string;

/** The URL without its query, and the parts of that. */
function partsOf(url: string): [resource: string, parts: string[]] {
  const [resource, query] = url.split(/\?(.*)/s) as [string, string?];
  return [resource, query?.split('&').filter(Boolean) ?? []];
}

/** As URL Standard's application/x-www-form-urlencoded has it. */
const canonical = (part: string): string => String(new URLSearchParams(part));

/** Whether a part of a query is Common Media Client Data (CTA-5004), which tells of one request. */
export const isCmcd = (part: string): boolean => part.startsWith('CMCD=');

/** A single range of RFC 9110 §14.1.2: `last` is included; a negative `first` means that many bytes from the end. */
export interface RequestedRange {
  readonly first: number;
  readonly last?: number;
}

/** How a player asked for a segment. */
export interface PlayerRequest {
  /** Without fragment. */
  readonly url: string;
  /** Those that the player set, save for the range. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly credentials: RequestCredentials;
}

/** Where the bytes of an answer lie in their resource. */
export interface SegmentHead {
  /** First byte's offset in the resource, bytes. */
  readonly offset: number;
  /** Bytes that follow. */
  readonly length: number;
  /** The resource's length, bytes; absent when only a part of it (EXT-X-BYTERANGE) is known. */
  readonly total?: number;
  /** The origin's Content-Type, when the page knows it. */
  readonly contentType?: string;
}

/** Worker to page. */
export type WorkerMessage =
  /** A playlist that the page's player is given, and the URL that it asked for; `id` is for `playlist-read`. */
  | {
      readonly type: 'playlist';
      readonly id: number;
      /** After redirects. */
      readonly url: string;
      readonly requested: string;
      readonly text: string;
    }
  | { readonly type: 'table-request' }
  /** Comes with one MessagePort, which carries the answer. `source` is the table that named the URL. */
  | {
      readonly type: 'segment';
      readonly source: string;
      readonly url: string;
      readonly request: PlayerRequest;
      readonly range?: RequestedRange;
      /** Wanted is a `blob`. */
      readonly blob?: true;
    };

/** Page to worker. `source` names one loader of the page, `revision` counts its tables. */
export type PageMessage =
  | { readonly type: 'table'; readonly source: string; readonly revision: number; readonly urls: readonly string[] }
  /** Turns the table of `revision - 1` into the one of `revision`; with any other, the worker asks for the whole. */
  | {
      readonly type: 'table-update';
      readonly source: string;
      readonly revision: number;
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  /** The segments of this playlist have been named: what is in no table now is not the loader's. With `held`, the player is given it at `playlist-due`. */
  | { readonly type: 'playlist-read'; readonly id: number; readonly held?: true }
  | { readonly type: 'playlist-due'; readonly id: number }
  /** This loader has ended. */
  | { readonly type: 'end'; readonly source: string };

/** Page to worker, on a segment's port. */
export type PageReply =
  | { readonly type: 'mine' }
  | { readonly type: 'not-mine' }
  /** Said every `ALIVE_INTERVAL` until all bytes are there; `loaded` bytes have come so far. */
  | { readonly type: 'alive'; readonly loaded: number }
  /** All the bytes. `transferMs` is the time that the viewer's link needs for them, at most that of the real transfer but where viewers share a line. */
  | { readonly type: 'bytes'; readonly head: SegmentHead; readonly bytes: ArrayBuffer; readonly transferMs: number }
  /** All the bytes, under a URL that the page takes back after a while. */
  | { readonly type: 'blob'; readonly head: SegmentHead; readonly url: string; readonly transferMs: number }
  /** The first bytes are in the page; each `pull` brings the next `chunk`, as soon as there is one. */
  | { readonly type: 'stream'; readonly head: SegmentHead; readonly transferMs: number }
  | { readonly type: 'chunk'; readonly bytes: ArrayBuffer }
  | { readonly type: 'error'; readonly message: string };

/** Worker to page, on a segment's port. */
export type WorkerReply = { readonly type: 'pull' } | { readonly type: 'cancel' };

/** A message as it is posted. */
export type Posted<Message> = Message & { readonly ns: typeof NAMESPACE; readonly v: typeof VERSION };

/** Adds tag and version. */
export const post = <const Message extends { readonly type: string }>(message: Message): Posted<Message> => ({
  ...message,
  ns: NAMESPACE,
  v: VERSION,
});

type Fields = Readonly<Record<string, unknown>>;
type Checks = Readonly<Record<string, (fields: Fields) => boolean>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isDuration = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
const isText = (value: unknown, limit: number): value is string => typeof value === 'string' && value.length <= limit;
const isUrl = (value: unknown): value is string => isText(value, URL_LIMIT) && value !== '';
const isUrls = (value: unknown): boolean => Array.isArray(value) && value.length <= TABLE_LIMIT && value.every(isUrl);
const isContentType = (value: unknown): boolean => typeof value === 'string' && /^[\x20-\x7e]{1,256}$/.test(value);

const isRange = (value: unknown): boolean =>
  isFields(value) &&
  Number.isSafeInteger(value.first) &&
  (value.last === undefined || (isCount(value.last) && value.last >= (value.first as number)));

const isHead = (value: unknown): value is SegmentHead =>
  isFields(value) &&
  isCount(value.offset) &&
  isCount(value.length) &&
  (value.total === undefined || (isCount(value.total) && value.offset + value.length <= (value.total as number))) &&
  (value.contentType === undefined || isContentType(value.contentType));

const isPlayerRequest = (value: unknown): boolean =>
  isFields(value) && isUrl(value.url) && Array.isArray(value.headers) && typeof value.credentials === 'string';

const yes = (): boolean => true;

const WORKER_MESSAGES: Checks = {
  playlist: (m) => isCount(m.id) && isUrl(m.url) && isUrl(m.requested) && isText(m.text, PLAYLIST_LIMIT),
  'table-request': yes,
  segment: (m) =>
    isUrl(m.source) && isUrl(m.url) && isPlayerRequest(m.request) && (m.range === undefined || isRange(m.range)),
};

const PAGE_MESSAGES: Checks = {
  table: (m) => isUrl(m.source) && isCount(m.revision) && isUrls(m.urls),
  'table-update': (m) => isUrl(m.source) && isCount(m.revision) && isUrls(m.added) && isUrls(m.removed),
  'playlist-read': (m) => isCount(m.id),
  'playlist-due': (m) => isCount(m.id),
  end: (m) => isUrl(m.source),
};

const PAGE_REPLIES: Checks = {
  mine: yes,
  'not-mine': yes,
  alive: (m) => isCount(m.loaded),
  bytes: (m) =>
    isHead(m.head) &&
    m.bytes instanceof ArrayBuffer &&
    m.bytes.byteLength === m.head.length &&
    isDuration(m.transferMs),
  blob: (m) => isHead(m.head) && isUrl(m.url) && m.url.startsWith('blob:') && isDuration(m.transferMs),
  stream: (m) => isHead(m.head) && isDuration(m.transferMs),
  chunk: (m) => m.bytes instanceof ArrayBuffer && m.bytes.byteLength > 0,
  error: (m) => isText(m.message, URL_LIMIT),
};

const WORKER_REPLIES: Checks = { pull: yes, cancel: yes };

const guard =
  <Message>(checks: Checks) =>
  (data: unknown): data is Posted<Message> =>
    isFields(data) &&
    data.ns === NAMESPACE &&
    data.v === VERSION &&
    typeof data.type === 'string' &&
    Object.hasOwn(checks, data.type) &&
    (checks[data.type] as (fields: Fields) => boolean)(data);

export const isWorkerMessage = guard<WorkerMessage>(WORKER_MESSAGES);
export const isPageMessage = guard<PageMessage>(PAGE_MESSAGES);
export const isPageReply = guard<PageReply>(PAGE_REPLIES);
export const isWorkerReply = guard<WorkerReply>(WORKER_REPLIES);

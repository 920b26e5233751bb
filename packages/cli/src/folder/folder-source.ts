import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createMagnetizer, type Magnetizer, type MagnetizerStats, readStream } from '@live-torrent/manifest-magnetizer';
import { commandLike } from '../commands.js';
import { Failure, reasonOf } from '../errors.js';
import { privately } from '../http/cache-control.js';
import { sendBytes, sendText } from '../http/send.js';
import { PLAYLIST_CACHE_CONTROL, PLAYLIST_TYPE, SEGMENT_CACHE_CONTROL } from '../media-types.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { FolderFeed } from './folder-feed.js';
import type { FolderSegment } from './folder-segment.js';
import { multivariantPlaylist } from './multivariant.js';
import type { Rendition } from './rendition.js';

/** Time between two looks at the folder, ms. */
const LOOK_EVERY = 250;
/** Segments hashed before they are in the playlist. */
const HASH_AHEAD = 2;
/** Base of the folder's URIs where the magnetizer needs one; never fetched. */
const BASE = 'http://folder.invalid/';
/** Where the feed is, whether it has one rendition or several. */
const MANIFEST = 'manifest.m3u8';

export interface FolderSourceOptions extends SourceContext {
  readonly folder: string;
  readonly loop: boolean;
  /**
   * What somebody fills the folder from, all at once, with files that get their names when they are complete: it is played in real time.
   * Undefined: a folder of the operator's.
   */
  readonly filledFrom?: { readonly name: string; readonly done: () => boolean };
}

/** A live feed made of a folder of segments. */
export class FolderSource implements Source {
  readonly #feed: FolderFeed;
  readonly #magnetizer: Magnetizer;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Names the feed's mesh. */
  #stream = '';
  /** By rendition, the playlist whose segments are hashed. */
  readonly #prepared = new Map<Rendition, string>();
  #failed = '';
  #waited = '';

  constructor(readonly options: FolderSourceOptions) {
    const { folder, loop, log, now, clock, filledFrom } = options;
    this.#feed = new FolderFeed({ folder, loop, now, clock, filledFrom, warn: log.warn, info: log.info });
    this.#magnetizer = createMagnetizer({
      readSegment: ({ url }) => this.#read(url),
      // A URI names one content of a file: what is hashed stays so, however often a loop comes by.
      validateSegment: async ({ url }) => url,
      // Versions of a name are segments of their own, no tokens of one.
      resourceId: (url) => url.replace('?v=', '.v'),
      stream: () => this.#stream,
      onError: (error) => log.warn(reasonOf(error)),
    });
  }

  async start(): Promise<void> {
    const { folder } = this.options;
    const info = await stat(folder).catch((error: unknown) => {
      // `host/path`: browsers take that for a URL.
      const url = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?\//.test(folder) ? '; a URL begins with http:// or https://' : '';
      const command = commandLike(folder);
      const hint = command === undefined ? url : `; did you mean live-torrent ${command}?`;
      throw new Failure(`cannot read the folder ${folder}: ${reasonOf(error)}${hint}`, { cause: error });
    });
    if (!info.isDirectory()) throw new Failure(`${folder} is neither a folder nor a file`);
    this.#stream = streamName(this.options.filledFrom?.name ?? folder);
    await this.#step();
    this.#again();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#magnetizer.close();
  }

  get magnetized(): MagnetizerStats {
    return this.#magnetizer.stats();
  }

  async segmentOrigins(): Promise<readonly string[]> {
    return [];
  }

  async handle(exchange: Exchange): Promise<boolean> {
    const { pathname, searchParams } = exchange.url;
    const { renditions } = this.#feed;
    const rendition = renditions.find(({ uri }) => pathname === `/${uri}`);
    if (rendition !== undefined || pathname === `/${MANIFEST}`) {
      await this.#sendPlaylist(exchange, rendition);
      return true;
    }
    if (!pathname.startsWith('/segments/')) return false;
    const query = ['v', 'part'].flatMap((name) => {
      const value = searchParams.get(name);
      return value === null ? [] : [`${name}=${value}`];
    });
    await this.#sendFile(exchange, `${pathname.slice(1)}${query.length === 0 ? '' : `?${query.join('&')}`}`);
    return true;
  }

  /** For the magnetizer: a segment by its URL under `BASE`. */
  async #read(url: string): Promise<{ bytes: Uint8Array; validator: string }> {
    const file = await this.#feed.library.read(url.slice(BASE.length));
    if (file === undefined) throw new Error(`${url.slice(BASE.length)} has vanished from ${this.options.folder}`);
    return { bytes: file.bytes, validator: url };
  }

  /** @param rendition Undefined: the playlist that names them all. */
  async #sendPlaylist({ req, res, url }: Exchange, rendition: Rendition | undefined): Promise<void> {
    const { announce, byHost, counters } = this.options;
    this.#feed.advance();
    const { renditions } = this.#feed;
    if ((rendition ?? renditions[0])?.schedule.window.segments.length === 0 || renditions.length === 0) {
      res.setHeader('Retry-After', '1');
      sendText(res, 503, 'no segment is complete yet');
      return;
    }
    const text = await this.#magnetizer.magnetize(
      rendition === undefined ? multivariantPlaylist(renditions.map(({ variant }) => variant)) : `${rendition}`,
      { url: `${BASE}${rendition?.uri ?? MANIFEST}`, announce: announce(url) },
    );
    counters.playlists++;
    const cacheControl = byHost ? privately(PLAYLIST_CACHE_CONTROL) : PLAYLIST_CACHE_CONTROL;
    sendBytes(req, res, { bytes: Buffer.from(text), type: PLAYLIST_TYPE, cacheControl });
  }

  async #sendFile({ req, res }: Exchange, uri: string): Promise<void> {
    const file = await this.#feed.library.read(uri);
    if (file === undefined) {
      sendText(res, 404, `no such segment: ${uri}`);
      return;
    }
    // A loop's viewers would have the next round from their HTTP caches, where nobody can share it or count it.
    const cacheControl = this.options.loop ? 'no-store' : SEGMENT_CACHE_CONTROL;
    const { counters } = this.options;
    if (!file.init) counters.segmentRequests++;
    sendBytes(req, res, { bytes: file.bytes, type: file.type, cacheControl }, (sent) => {
      if (!file.init) counters.segmentBytesServed += sent;
    });
  }

  #again(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(async () => {
      try {
        await this.#step();
        this.#failed = '';
      } catch (error) {
        // The folder may come back: an encoder that restarts may make it anew.
        const reason = reasonOf(error);
        if (reason !== this.#failed) this.options.log.warn(reason);
        this.#failed = reason;
      }
      this.#again();
    }, LOOK_EVERY);
  }

  async #step(): Promise<void> {
    await this.#feed.look();
    for (const rendition of this.#feed.renditions) await this.#hashAhead(rendition);
    if (this.#feed.renditions.length > 0 || this.#waited !== '') return;
    this.#waited = this.#feed.waitsFor;
    this.options.log.warn(`${this.#waited}: waiting for the first`);
  }

  async #hashAhead(rendition: Rendition): Promise<void> {
    const { log, onStream } = this.options;
    const { schedule, uri } = rendition;
    const text = `${rendition}`;
    if (text === this.#prepared.get(rendition)) return;
    this.#prepared.set(rendition, text);
    const upcoming = schedule.upcoming(HASH_AHEAD);
    // What is listed is kept in memory: its file may vanish or be written anew.
    for (const segment of [...upcoming, ...schedule.window.segments]) await this.#feed.library.read(segment.uri);
    const url = `${BASE}${uri}`;
    // What comes next is a guess, which the playlist's own history must not know.
    await this.#magnetizer.magnetize(withSegments(text, upcoming), { url: `${BASE}ahead-${uri}` });
    const magnetized = await this.#magnetizer.magnetize(text, { url });
    const stream = readStream(magnetized)?.stream;
    if (stream !== undefined) onStream(stream);
    log.manifest(`/${uri}`, magnetized);
  }
}

/** Names the feed's mesh: the same for each start with this folder on this machine. */
function streamName(folder: string): string {
  return `folder:${hostname()}:${realpathSync(folder)}`;
}

function withSegments(playlist: string, segments: readonly FolderSegment[]): string {
  return playlist + segments.map(({ duration, uri }) => `#EXTINF:${duration.toFixed(6)},\n${uri}\n`).join('');
}

import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createMagnetizer, type Magnetizer, readStream } from '@live-torrent/manifest-magnetizer';
import { Failure, reasonOf } from '../errors.js';
import { sendBytes, sendText } from '../http/send.js';
import { PLAYLIST_CACHE_CONTROL, PLAYLIST_TYPE, SEGMENT_CACHE_CONTROL } from '../media-types.js';
import type { Exchange, Source, SourceContext } from '../source.js';
import { compareNames, compareTimes, type FileState, SETTLED } from './file-state.js';
import { type FolderSegment, type Medium, mediumOf } from './folder-segment.js';
import { FolderWatch } from './folder-watch.js';
import { WINDOW_SEGMENTS } from './live-window.js';
import { FeedSchedule, PacedSchedule, type Schedule } from './schedule.js';
import { SegmentLibrary } from './segment-library.js';

/** Time between two looks at the folder, ms. */
const LOOK_EVERY = 250;
/** Files read in one look: a large folder starts to play before all of it is read. */
const BATCH = 128;
/** Segments hashed before they are in the playlist. */
const HASH_AHEAD = 2;
/** What a folder is taken for that has several: the first of these. */
const MEDIA: readonly Medium[] = ['picture and sound', 'packed audio', 'subtitles'];
/** Base of the folder's URIs where the magnetizer needs one; never fetched. */
const BASE = 'http://folder.invalid/';
const PLAYLIST_URL = `${BASE}manifest.m3u8`;

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
  readonly #watch: FolderWatch;
  readonly #library: SegmentLibrary;
  readonly #magnetizer: Magnetizer;
  #schedule: Schedule | undefined;
  #medium: Medium | undefined;
  readonly #leftOut = new Set<Medium>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Names the feed's mesh. */
  #stream = '';
  #prepared = '';
  #failed = '';

  constructor(readonly options: FolderSourceOptions) {
    this.#watch = new FolderWatch(options.folder, options.now, options.filledFrom !== undefined);
    this.#library = new SegmentLibrary(options.folder, options.log.warn);
    this.#magnetizer = createMagnetizer({
      readSegment: ({ url }) => this.#read(url),
      // A URI names one content of a file: what is hashed stays so, however often a loop comes by.
      validateSegment: async ({ url }) => url,
      stream: () => this.#stream,
      onError: (error) => options.log.warn(reasonOf(error)),
    });
  }

  async start(): Promise<void> {
    const { folder, log } = this.options;
    const info = await stat(folder).catch((error: unknown) => {
      throw new Failure(`cannot read the folder ${folder}: ${reasonOf(error)}`, { cause: error });
    });
    if (!info.isDirectory()) throw new Failure(`${folder} is neither a folder nor a file`);
    this.#stream = streamName(this.options.filledFrom?.name ?? folder);
    await this.#step();
    if (this.#schedule === undefined) log.warn(`no complete segment in ${folder} yet: waiting for the first`);
    this.#again();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#magnetizer.close();
  }

  get segmentsHashed(): number {
    return this.#magnetizer.stats().segmentsHashed;
  }

  async segmentOrigins(): Promise<readonly string[]> {
    return [];
  }

  async handle(exchange: Exchange): Promise<boolean> {
    const { pathname, searchParams } = exchange.url;
    if (pathname === '/manifest.m3u8') {
      await this.#sendPlaylist(exchange);
      return true;
    }
    if (!pathname.startsWith('/segments/')) return false;
    const version = searchParams.get('v');
    await this.#sendFile(exchange, `${pathname.slice(1)}${version === null ? '' : `?v=${version}`}`);
    return true;
  }

  /** For the magnetizer: a segment by its URL under `BASE`. */
  async #read(url: string): Promise<{ bytes: Uint8Array; validator: string }> {
    const file = await this.#library.read(url.slice(BASE.length));
    if (file === undefined) throw new Error(`${url.slice(BASE.length)} has vanished from ${this.options.folder}`);
    return { bytes: file.bytes, validator: url };
  }

  async #sendPlaylist({ req, res, url }: Exchange): Promise<void> {
    const { announce, clock, counters, folder } = this.options;
    this.#schedule?.advance(clock());
    if (this.#schedule === undefined || this.#schedule.window.segments.length === 0) {
      res.setHeader('Retry-After', '1');
      sendText(res, 503, `no complete segment in ${folder} yet`);
      return;
    }
    const text = await this.#magnetizer.magnetize(this.#schedule.window.toString(), {
      url: PLAYLIST_URL,
      announce: announce(url),
    });
    counters.playlists++;
    sendBytes(req, res, { bytes: Buffer.from(text), type: PLAYLIST_TYPE, cacheControl: PLAYLIST_CACHE_CONTROL });
  }

  async #sendFile({ req, res }: Exchange, uri: string): Promise<void> {
    const file = await this.#library.read(uri);
    if (file === undefined) {
      sendText(res, 404, `no such segment: ${uri}`);
      return;
    }
    // A loop's viewers would have the next round from their HTTP caches, where nobody can share it or count it.
    const cacheControl = this.options.loop ? 'no-store' : SEGMENT_CACHE_CONTROL;
    const sent = sendBytes(req, res, { bytes: file.bytes, type: file.type, cacheControl });
    if (file.init) return;
    this.options.counters.segmentRequests++;
    this.options.counters.segmentBytesServed += sent;
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
    const { clock, filledFrom, log, loop } = this.options;
    const filled = filledFrom?.done() ?? false;
    const added = await this.#newSegments();
    if (this.#schedule === undefined && added.length > 0) {
      const feed = !loop && filledFrom === undefined && this.#isFeed(added);
      this.#schedule = feed ? new FeedSchedule() : new PacedSchedule(loop, filledFrom !== undefined);
      log.info(
        feed
          ? 'the folder is being written to: each segment goes out when it is complete'
          : `${filledFrom?.name ?? 'the folder'} is played in real time${loop ? ', for ever' : ', once'}`,
      );
      // What a feed has had before it is seen is history; a folder that is played has more to read.
      if (feed) for (const file of await this.#watch.look()) this.#watch.take(file);
      else added.push(...(await this.#newSegments()));
    }
    const schedule = this.#schedule;
    if (schedule === undefined) return;
    schedule.add(added, clock());
    if (filled && added.length === 0 && schedule instanceof PacedSchedule) schedule.finish();
    const vanished = (segment: FolderSegment): boolean =>
      !this.#watch.has(segment) || !this.#library.isLatest(segment) || mediumOf(segment) !== this.#medium;
    schedule.remove(vanished, (segment) => mediumOf(segment) === this.#medium && this.#library.holds(segment));
    schedule.advance(clock());
    await this.#hashAhead(schedule);
  }

  /** In the order of their writing, those of the same time in natural order. */
  async #newSegments(): Promise<FolderSegment[]> {
    const files: FileState[] = [];
    for (const file of await this.#watch.look()) {
      if (await this.#library.addInit(file)) this.#watch.take(file);
      else files.push(file);
    }
    // The newest ones tell whether somebody is writing; a feed starts with them.
    const first = this.#schedule === undefined;
    const batch = first
      ? files.sort(compareTimes).slice(-WINDOW_SEGMENTS)
      : files.sort(this.#schedule instanceof FeedSchedule ? compareTimes : compareNames).slice(0, BATCH);
    const added: FolderSegment[] = [];
    for (const file of batch) {
      const segment = await this.#library.segment(file, this.#watch.isTaken(file));
      if (segment === 'later') continue;
      this.#watch.take(file);
      if (segment !== undefined) added.push(segment);
    }
    return this.#ofOneMedium(added);
  }

  /** A folder with pictures may have its subtitles and other sound beside them: those are renditions of their own. */
  #ofOneMedium(segments: readonly FolderSegment[]): FolderSegment[] {
    const rank = (medium: Medium): number => MEDIA.indexOf(medium);
    for (const medium of segments.map(mediumOf)) {
      if (this.#medium === undefined || rank(medium) < rank(this.#medium)) this.#medium = medium;
    }
    for (const segment of segments) {
      const medium = mediumOf(segment);
      if (medium === this.#medium || this.#leftOut.has(medium)) continue;
      this.#leftOut.add(medium);
      const { folder, log } = this.options;
      log.warn(`${join(folder, segment.name)}: left out, as all ${medium} of a folder with ${this.#medium}`);
    }
    return segments.filter((segment) => mediumOf(segment) === this.#medium);
  }

  /** Whether the newest segments, oldest first, were written about as fast as they play, up to now. */
  #isFeed(newest: readonly FolderSegment[]): boolean {
    const [first, ...rest] = newest;
    if (first === undefined) return false;
    const longest = Math.max(...newest.map(({ duration }) => duration * 1000));
    if (this.options.now() - this.#watch.written > Math.max(SETTLED, 3 * longest)) return false;
    const played = rest.reduce((sum, { duration }) => sum + duration * 1000, 0);
    const written = (rest.at(-1) ?? first).mtimeMs - first.mtimeMs;
    return written >= played / 2;
  }

  async #hashAhead(schedule: Schedule): Promise<void> {
    const { log, onStream } = this.options;
    const text = schedule.window.toString();
    if (text === this.#prepared) return;
    this.#prepared = text;
    // What is listed is kept in memory: its file may vanish or be written anew.
    for (const { uri } of [...schedule.upcoming(HASH_AHEAD), ...schedule.window.segments])
      await this.#library.read(uri);
    await this.#magnetizer.magnetize(withSegments(text, schedule.upcoming(HASH_AHEAD)), { url: PLAYLIST_URL });
    const magnetized = await this.#magnetizer.magnetize(text, { url: PLAYLIST_URL });
    const stream = readStream(magnetized)?.stream;
    if (stream !== undefined) onStream(stream);
    log.manifest('/manifest.m3u8', magnetized);
  }
}

/** Names the feed's mesh: the same for each start with this folder on this machine. */
function streamName(folder: string): string {
  return `folder:${hostname()}:${realpathSync(folder)}`;
}

function withSegments(playlist: string, segments: readonly FolderSegment[]): string {
  return playlist + segments.map(({ duration, uri }) => `#EXTINF:${duration.toFixed(6)},\n${uri}\n`).join('');
}

import { join } from 'node:path';
import { commandFor } from './container.js';
import { compareNames, compareTimes, type FileState, SETTLED } from './file-state.js';
import { findSeries } from './find-tracks.js';
import type { FolderSegment } from './folder-segment.js';
import { FolderWatch, MAX_SEGMENT_BYTES } from './folder-watch.js';
import { FollowingSchedule } from './following-schedule.js';
import { WINDOW_SEGMENTS } from './live-window.js';
import { Rendition } from './rendition.js';
import { FeedSchedule, PacedSchedule, type Schedule } from './schedule.js';
import { SegmentLibrary } from './segment-library.js';
import { Tracks } from './tracks.js';

const OUTSIDE =
  'left out: a link that leads out of the folder, or nowhere; copy the file, or give -f the folder that has both';
/** Files read in one look: a large folder starts to play before all of it is read. */
const BATCH = 128;

export interface FolderFeedOptions {
  readonly folder: string;
  readonly loop: boolean;
  readonly warn: (line: string) => void;
  readonly info: (line: string) => void;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Steady clock, ms. */
  readonly clock: () => number;
  /** See `FolderSourceOptions`. */
  readonly filledFrom: { readonly name: string; readonly done: () => boolean } | undefined;
}

/** The renditions of a folder, brought up to date by one look at it after the other. */
export class FolderFeed {
  readonly library: SegmentLibrary;
  readonly #watch: FolderWatch;
  #tracks: Tracks | undefined;
  #renditions: readonly Rendition[] = [];
  /** What was read to find the tracks, by name. */
  readonly #read = new Map<string, { readonly file: FileState; readonly segment: FolderSegment }>();
  #live = false;
  /** Whether playlists have all files of their tracks. */
  #ordered = false;

  constructor(readonly options: FolderFeedOptions) {
    this.#watch = new FolderWatch(options.folder, options.now, options.filledFrom !== undefined);
    this.library = new SegmentLibrary(options.folder, options.warn, options.now);
  }

  /** The one that the others keep in step with comes first; none while nothing is complete. */
  get renditions(): readonly Rendition[] {
    return this.#renditions;
  }

  /** Why there is nothing to play, and what would help besides what was warned of; for the operator: it names files of this machine. */
  get waitsFor(): string {
    const state = `no complete segment in ${this.options.folder} yet`;
    const { unfinished } = this.#watch;
    if (unfinished === undefined || this.library.notes.any) return state;
    return `${state}: ${unfinished.name} (${bytesOf(unfinished.size)}) is not complete, or waits for another file`;
  }

  /** @throws {Failure} naming the folder when it cannot be read. */
  async look(): Promise<void> {
    const { clock, filledFrom } = this.options;
    const filled = filledFrom?.done() ?? false;
    const files = await this.#segmentFiles();
    for (const file of this.#watch.large)
      if (!this.library.hasHurdle(file)) this.library.notes.once(file, tooLarge(this.options.folder, file));
    for (const link of this.#watch.outside) this.library.notes.once(link, OUTSIDE);
    const starts = this.#tracks === undefined;
    if (starts && !(await this.#start(files))) return;
    const added = await this.#take(files, starts);
    const [lead] = this.#renditions;
    if (filled && added === 0 && lead?.schedule instanceof PacedSchedule) lead.schedule.finish();
    for (const { schedule } of this.#renditions) {
      const vanished = (segment: FolderSegment): boolean =>
        !this.#watch.has(segment) || !this.library.isLatest(segment);
      schedule.remove(vanished, (segment) => this.library.holds(segment));
      schedule.advance(clock());
    }
  }

  /** Brings the renditions up to the present. */
  advance(): void {
    for (const { schedule } of this.#renditions) schedule.advance(this.options.clock());
  }

  /** Files that may be segments. */
  async #segmentFiles(): Promise<FileState[]> {
    const files: FileState[] = [];
    const several = this.#renditions.length > 1;
    const complete = await this.#watch.look(several ? (name) => this.#trackOfName(name) : undefined);
    await this.library.playlists.look(this.#watch.folders);
    // One that grows for ever is never complete.
    const { unfinished } = this.#watch;
    if (unfinished !== undefined && this.#tracks === undefined) this.library.hasHurdle(unfinished);
    for (const file of complete) {
      if (await this.library.addInit(file)) this.#watch.take(file);
      else files.push(file);
    }
    return files;
  }

  #trackOfName(name: string): string | undefined {
    const key = this.#tracks?.choice.keyOf(name) ?? '';
    return this.#tracks?.all.find(({ series }) => series.has(key))?.name;
  }

  /** Tells the tracks, and whether they are being written; false as long as that cannot be told. */
  async #start(files: readonly FileState[]): Promise<boolean> {
    const { now, loop, info, filledFrom } = this.options;
    const written = filledFrom === undefined && now() - this.#watch.written < SETTLED;
    const read = (file: FileState): Promise<FolderSegment | undefined> => this.#segmentOf(file);
    const found = await findSeries({
      files,
      expected: Math.max(this.library.inits, this.library.playlists.tracks),
      written,
      listed: this.library.playlists.choiceOf(files),
      read,
    });
    if (found === undefined) return false;
    const tracks = new Tracks(found.choice, found.series, ({ name }, reason) =>
      this.library.notes.once({ name }, reason),
    );
    this.#tracks = tracks;
    const [lead, ...others] = tracks.all;
    if (lead === undefined) return false;
    const keys = lead.series;
    const newest = files.filter(({ name }) => keys.has(found.choice.keyOf(name) ?? '')).sort(compareTimes);
    const segments: FolderSegment[] = [];
    for (const file of newest.slice(-WINDOW_SEGMENTS)) {
      const segment = await read(file);
      if (segment !== undefined) segments.push(segment);
    }
    this.#live = !loop && filledFrom === undefined && this.#isFeed(segments);
    this.#ordered = tracks.all.every(({ series }) =>
      this.library.playlists.orders(files.filter(({ name }) => series.has(found.choice.keyOf(name) ?? ''))),
    );
    const several = others.length > 0;
    const schedule: Schedule = this.#live
      ? new FeedSchedule()
      : new PacedSchedule(loop, filledFrom !== undefined, now());
    const order = this.#live ? 'written' : loop ? 'loop' : 'once';
    this.#renditions = [
      new Rendition(lead, several ? `manifest-${lead.name}.m3u8` : 'manifest.m3u8', schedule, several),
      ...others.map(
        (track) => new Rendition(track, `manifest-${track.name}.m3u8`, new FollowingSchedule(schedule, order), true),
      ),
    ];
    if (several)
      info(`one rendition each: ${tracks.all.map(({ name, sample }) => `${name} (${sample.name})`).join(', ')}`);
    info(
      this.#live
        ? 'the folder is being written to: each segment goes out when it is complete'
        : `${filledFrom?.name ?? 'the folder'} is played in real time${loop ? ', for ever' : ', once'}`,
    );
    return true;
  }

  /** Reads new files, gives their segments to the renditions, and says how many they are. */
  async #take(files: readonly FileState[], starts: boolean): Promise<number> {
    const batches = new Map<string | undefined, FileState[]>();
    for (const file of [...files].sort(this.#live ? compareTimes : compareNames)) {
      const track = this.#trackOfName(file.name);
      const batch = batches.get(track);
      if (batch === undefined) batches.set(track, [file]);
      else batch.push(file);
    }
    const added = new Map<Rendition, FolderSegment[]>(this.#renditions.map((rendition) => [rendition, []]));
    for (const batch of batches.values()) {
      // What a feed has had before it is seen is history; a folder that is played has more to read.
      const history = this.#live && starts ? batch.splice(0, Math.max(0, batch.length - WINDOW_SEGMENTS)) : [];
      for (const file of history) this.#watch.take(file);
      for (const file of batch.slice(0, BATCH)) {
        const segment = await this.#segmentOf(file, true);
        const track = segment && this.#tracks?.trackOf(segment, this.#live);
        const rendition = this.#renditions.find((each) => each.track === track);
        if (rendition !== undefined && segment !== undefined) added.get(rendition)?.push(this.#asListed(segment));
      }
    }
    this.#read.clear();
    for (const [rendition, segments] of added) rendition.add(segments.sort(compareListed), this.options.clock());
    return [...added.values()].reduce((sum, segments) => sum + segments.length, 0);
  }

  /** What is played again has other dates; its order is the playlist's where that has all of it. */
  #asListed(segment: FolderSegment): FolderSegment {
    const { listing } = segment;
    if (this.#live || listing === undefined) return segment;
    const position = this.#ordered ? listing.index : undefined;
    return { ...segment, listing: { ...listing, date: undefined }, position };
  }

  /** @param take whether the file is dealt with then */
  async #segmentOf(file: FileState, take = false): Promise<FolderSegment | undefined> {
    const known = this.#read.get(file.name);
    if (known !== undefined && known.file.mtimeMs === file.mtimeMs && known.file.size === file.size) {
      if (take) this.#watch.take(file);
      return known.segment;
    }
    const segment = await this.library.segment(file, this.#watch.isTaken(file));
    if (segment === 'later') return undefined;
    if (segment !== undefined && !take) this.#read.set(file.name, { file, segment });
    if (take || segment === undefined) this.#watch.take(file);
    return segment;
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
}

/** Those of one playlist in its order; the sort is stable. */
function compareListed({ listing: a }: FolderSegment, { listing: b }: FolderSegment): number {
  return a !== undefined && a.playlist === b?.playlist ? a.index - b.index : 0;
}

function tooLarge(folder: string, { name, size }: FileState): string {
  return `left out: ${bytesOf(size)} are too much for a segment (${bytesOf(MAX_SEGMENT_BYTES)}): ${commandFor(join(folder, name))} plays it`;
}

function bytesOf(size: number): string {
  return size < 1024 * 1024 ? `${size} bytes` : `${Math.round(size / 1024 / 1024)} MiB`;
}

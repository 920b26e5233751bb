import { compareSegments, type FolderSegment } from './folder-segment.js';
import { LiveWindow, WINDOW_SEGMENTS } from './live-window.js';
import { Timelines } from './timelines.js';

/** A folder that ends gives its first viewers this many segments, so that they start at its beginning. */
const FIRST_SEGMENTS = 3;
/** After the last segment of a folder without loop, the playlist ends when nothing came for this long, ms. */
export const END_AFTER = 15_000;

/** Decides which segments of a folder are in the playlist at a time. Times are ms of any steady clock. */
export interface Schedule {
  readonly window: LiveWindow;
  /** Complete segments that the folder has gained, in the order in which they play. */
  add(segments: readonly FolderSegment[], now: number): void;
  /**
   * Takes out segments whose files have vanished or been replaced.
   * @param held whether viewers still get a segment that is gone: then it stays in the window, and leaves it in its turn
   */
  remove(gone: (segment: FolderSegment) => boolean, held: (segment: FolderSegment) => boolean): void;
  /** Brings the window up to `now`. */
  advance(now: number): void;
  /** Up to `count` segments that come next, for hashing ahead. */
  upcoming(count: number): readonly FolderSegment[];
}

/** A folder that an encoder writes to: each segment goes out as soon as it is complete. */
export class FeedSchedule implements Schedule {
  readonly window = new LiveWindow(
    WINDOW_SEGMENTS,
    new Timelines(({ listing, mtimeMs, duration }) => listing?.date ?? mtimeMs - duration * 1000),
  );

  add(segments: readonly FolderSegment[]): void {
    for (const segment of segments) this.window.push(segment);
  }

  remove(gone: (segment: FolderSegment) => boolean, held: (segment: FolderSegment) => boolean): void {
    this.window.drop((segment) => gone(segment) && !held(segment));
  }

  advance(): void {}

  upcoming(): readonly FolderSegment[] {
    return [];
  }
}

/** A folder that is played in real time from its start: segment k+1 goes out when its duration has passed since segment k. */
export class PacedSchedule implements Schedule {
  /** When the feed begins, ms since the epoch. */
  #date = 0;
  readonly window = new LiveWindow(WINDOW_SEGMENTS, new Timelines(() => this.#date));
  /** In natural order. */
  #segments: FolderSegment[] = [];
  /** The segment that went out last, and when. */
  #last: FolderSegment | undefined;
  #edge: number | undefined;
  /** When the last segment came in. */
  #grown = 0;
  #growing: boolean;

  /**
   * @param growing somebody fills the folder, until `finish`
   * @param wall the present, ms since the epoch
   */
  constructor(
    readonly loop: boolean,
    growing = false,
    readonly wall = 0,
  ) {
    this.#growing = growing;
  }

  /** Nothing is added any more: the playlist ends, or begins again, with the last segment. */
  finish(): void {
    this.#growing = false;
    this.#grown = Number.NEGATIVE_INFINITY;
  }

  add(segments: readonly FolderSegment[], now: number): void {
    if (segments.length === 0) return;
    this.#segments.push(...segments);
    this.#segments.sort(compareSegments);
    for (const { duration } of segments) this.window.expectDuration(duration);
    this.#grown = now;
  }

  remove(gone: (segment: FolderSegment) => boolean, held: (segment: FolderSegment) => boolean): void {
    this.#segments = this.#segments.filter((segment) => !gone(segment));
    this.window.drop((segment) => gone(segment) && !held(segment));
  }

  advance(now: number): void {
    if (this.#segments.length === 0 || this.window.ended) return;
    if (this.#edge === undefined) {
      const first = this.loop ? WINDOW_SEGMENTS : Math.min(FIRST_SEGMENTS, this.#segments.length);
      const opening = this.upcoming(first);
      this.#date = this.wall - opening.reduce((sum, { duration }) => sum + duration * 1000, 0);
      for (const segment of opening) this.#play(segment);
    }
    let edge = this.#edge ?? now;
    for (let [next] = this.upcoming(1); next !== undefined; [next] = this.upcoming(1)) {
      const due: number = edge + next.duration * 1000;
      if (due > now) {
        this.#edge = edge;
        return;
      }
      edge = due;
      this.#play(next);
    }
    const target = this.window.targetDuration * 1000;
    if (!this.#growing && now >= Math.max(edge + target, this.#grown + END_AFTER)) this.window.ended = true;
    // A segment that comes now has not been late: time goes on from here.
    this.#edge = Math.max(edge, now - target);
  }

  upcoming(count: number): readonly FolderSegment[] {
    const last = this.#last;
    const at = last === undefined ? 0 : this.#segments.findIndex((segment) => compareSegments(segment, last) > 0);
    const rest = at === -1 ? [] : this.#segments.slice(at, at + count);
    for (let i = 0; this.loop && !this.#growing && this.#segments.length > 0 && rest.length < count; i++) {
      rest.push(this.#segments[i % this.#segments.length] as FolderSegment);
    }
    return rest;
  }

  #play(segment: FolderSegment): void {
    this.window.push(segment);
    this.#last = segment;
  }
}

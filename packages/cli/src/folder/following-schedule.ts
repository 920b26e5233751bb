import { compareSegments, type FolderSegment } from './folder-segment.js';
import { LiveWindow } from './live-window.js';
import type { Schedule } from './schedule.js';

/** Segments that wait for the leading rendition to come as far. */
const MAX_WAITING = 64;
/** Segments that stay in the playlist, however long they are beside those of the leading rendition: players start three from its end. */
const LEAST_SEGMENTS = 3;

/**
 * A rendition that keeps in step with a leading one: a segment goes out when the other has come to its time, with the
 * same discontinuities and dates.
 */
export class FollowingSchedule implements Schedule {
  readonly window: LiveWindow;
  /** In the order in which they play; those of a feed leave as they go out. */
  #segments: FolderSegment[] = [];
  #last: FolderSegment | undefined;

  /** @param order `written`: as segments come; `once`, `loop`: by their names. */
  constructor(
    readonly lead: Schedule,
    readonly order: 'written' | 'once' | 'loop',
  ) {
    this.window = new LiveWindow(MAX_WAITING, lead.window.timelines);
  }

  add(segments: readonly FolderSegment[]): void {
    this.#segments.push(...segments);
    if (this.order === 'written') this.#segments = this.#segments.slice(-MAX_WAITING);
    else this.#segments.sort(compareSegments);
    for (const { duration } of segments) this.window.expectDuration(duration);
  }

  remove(gone: (segment: FolderSegment) => boolean, held: (segment: FolderSegment) => boolean): void {
    const lost = (segment: FolderSegment): boolean => gone(segment) && !held(segment);
    this.#segments = this.#segments.filter((segment) => !(this.order === 'written' ? lost : gone)(segment));
    this.window.drop(lost);
  }

  advance(): void {
    if (this.window.ended) return;
    while (this.#playNext()) {}
    const { first, ended } = this.lead.window;
    if (first !== undefined) this.window.leave(first, LEAST_SEGMENTS);
    this.window.ended = ended;
  }

  upcoming(count: number): readonly FolderSegment[] {
    const last = this.#last;
    if (this.order === 'written' || last === undefined) return this.#segments.slice(0, count);
    const at = this.#segments.findIndex((segment) => compareSegments(segment, last) > 0);
    const rest = at === -1 ? [] : this.#segments.slice(at);
    return (this.order === 'loop' ? [...rest, ...this.#segments] : rest).slice(0, count);
  }

  /** Appends the first of the next segments that has its place; what is before it came too late or has none. */
  #playNext(): boolean {
    for (const segment of this.upcoming(this.#segments.length)) {
      const place = this.window.timelines.placeOf(segment, this.window.last);
      if (place === undefined) continue;
      this.window.push(segment, place);
      this.#last = segment;
      if (this.order === 'written') this.#segments.splice(0, this.#segments.indexOf(segment) + 1);
      return true;
    }
    return false;
  }
}

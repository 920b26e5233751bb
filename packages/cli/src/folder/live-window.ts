import type { FolderSegment } from './folder-segment.js';
import { type Place, Timelines } from './timelines.js';

/** Segments in the playlist: players start three from its end (RFC 8216 §6.3.3), the rest is for late reloads. */
export const WINDOW_SEGMENTS = 6;

interface Entry {
  readonly segment: FolderSegment;
  readonly place: Place;
  /** EXT-X-DISCONTINUITY tags before it: as many as timelines that have gone by. */
  readonly discontinuities: number;
}

/** The sliding window of a live Media Playlist, RFC 8216 §6.2.2. */
export class LiveWindow {
  readonly #entries: Entry[] = [];
  #last: Place | undefined;
  /** EXT-X-MEDIA-SEQUENCE. */
  mediaSequence = 0;
  /** EXT-X-ENDLIST: nothing is appended any more. */
  ended = false;
  #targetDuration = 0;

  constructor(
    readonly size = WINDOW_SEGMENTS,
    /** This window's own, or those of the rendition that it keeps in step with. */
    readonly timelines = new Timelines(() => 0),
  ) {}

  /**
   * Appends a segment; the oldest leaves when the window is full.
   * @param place By default the segment goes on with the window's own timelines.
   */
  push(segment: FolderSegment, place = this.timelines.append(segment)): void {
    if (this.ended) throw new Error('the playlist has ended');
    const discontinuities = this.#last === undefined ? 0 : place.timeline - this.#last.timeline;
    this.#entries.push({ segment, place, discontinuities });
    this.#last = place;
    this.expectDuration(segment.duration);
    while (this.#entries.length > this.size) this.#entries.shift() && this.mediaSequence++;
  }

  /** Takes a segment that no longer exists out, and with it all before it: segments leave in order (§6.2.2). */
  drop(gone: (segment: FolderSegment) => boolean): void {
    const last = this.segments.map(gone).lastIndexOf(true);
    this.mediaSequence += this.#entries.splice(0, last + 1).length;
  }

  /** Takes out what is over before `place`, but for `least` segments. */
  leave(place: Place, least: number): void {
    const isOver = ({ place: { timeline, start }, segment }: Entry): boolean =>
      timeline < place.timeline || (timeline === place.timeline && start + segment.duration <= place.start);
    for (let [first] = this.#entries; this.#entries.length > least && first && isOver(first); [first] = this.#entries) {
      this.#entries.shift();
      this.mediaSequence++;
    }
  }

  /** Raises EXT-X-TARGETDURATION, which must not change later, for a segment that is known to come. */
  expectDuration(duration: number): void {
    this.#targetDuration = Math.max(this.#targetDuration, Math.round(duration), 1);
  }

  get targetDuration(): number {
    return this.#targetDuration;
  }

  get segments(): readonly FolderSegment[] {
    return this.#entries.map(({ segment }) => segment);
  }

  /** Where the first segment lies. */
  get first(): Place | undefined {
    return this.#entries[0]?.place;
  }

  /** Where the segment lies that was appended last. */
  get last(): Place | undefined {
    return this.#last;
  }

  /** EXT-X-DISCONTINUITY-SEQUENCE: how many EXT-X-DISCONTINUITY tags have left the playlist. */
  get discontinuitySequence(): number {
    const [first] = this.#entries;
    return first === undefined ? (this.#last?.timeline ?? 0) : first.place.timeline - first.discontinuities;
  }

  /**
   * The Media Playlist, LF line ends.
   * @param dated with EXT-X-PROGRAM-DATE-TIME, by which players find their place in another rendition
   */
  toString(dated = false): string {
    const lines = [
      '#EXTM3U',
      // EXT-X-MAP outside of I-frame playlists needs version 6 (§7).
      `#EXT-X-VERSION:${this.#entries.some(({ segment }) => segment.map !== undefined) ? 6 : 3}`,
      `#EXT-X-TARGETDURATION:${this.#targetDuration}`,
      `#EXT-X-MEDIA-SEQUENCE:${this.mediaSequence}`,
    ];
    if (this.discontinuitySequence > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${this.discontinuitySequence}`);
    let map: string | undefined;
    for (const { segment, place, discontinuities } of this.#entries) {
      lines.push(...Array<string>(discontinuities).fill('#EXT-X-DISCONTINUITY'));
      if (segment.map !== undefined && (segment.map !== map || discontinuities > 0)) {
        map = segment.map;
        lines.push(`#EXT-X-MAP:URI="${map}"`);
      }
      const date = segment.listing?.date ?? (dated ? this.timelines.dateAt(place) : undefined);
      if (date !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(date).toISOString()}`);
      lines.push(`#EXTINF:${segment.duration.toFixed(6)},`, segment.uri);
    }
    if (this.ended) lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }
}

import { type FolderSegment, isContinuous } from './folder-segment.js';

/** Segments in the playlist: players start three from its end (RFC 8216 §6.3.3), the rest is for late reloads. */
export const WINDOW_SEGMENTS = 6;

/** The sliding window of a live Media Playlist, RFC 8216 §6.2.2. */
export class LiveWindow {
  readonly #entries: { segment: FolderSegment; discontinuity: boolean }[] = [];
  #last: FolderSegment | undefined;
  /** EXT-X-MEDIA-SEQUENCE. */
  mediaSequence = 0;
  /** EXT-X-DISCONTINUITY-SEQUENCE: how many EXT-X-DISCONTINUITY tags have left the playlist. */
  discontinuitySequence = 0;
  /** EXT-X-ENDLIST: nothing is appended any more. */
  ended = false;
  #targetDuration = 0;

  constructor(readonly size = WINDOW_SEGMENTS) {}

  /** Appends a segment; the oldest leaves when the window is full. */
  push(segment: FolderSegment): void {
    if (this.ended) throw new Error('the playlist has ended');
    const discontinuity = this.#last !== undefined && !isContinuous(this.#last, segment);
    this.#entries.push({ segment, discontinuity });
    this.#last = segment;
    this.expectDuration(segment.duration);
    while (this.#entries.length > this.size) this.#shift();
  }

  /** Takes a segment that no longer exists out, and with it all before it: segments leave in order (§6.2.2). */
  drop(gone: (segment: FolderSegment) => boolean): void {
    const last = this.segments.map(gone).lastIndexOf(true);
    for (let i = 0; i <= last; i++) this.#shift();
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

  #shift(): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.mediaSequence++;
    if (entry.discontinuity) this.discontinuitySequence++;
  }

  /** The Media Playlist, LF line ends. */
  toString(): string {
    const lines = [
      '#EXTM3U',
      // EXT-X-MAP outside of I-frame playlists needs version 6 (§7).
      `#EXT-X-VERSION:${this.#entries.some(({ segment }) => segment.map !== undefined) ? 6 : 3}`,
      `#EXT-X-TARGETDURATION:${this.#targetDuration}`,
      `#EXT-X-MEDIA-SEQUENCE:${this.mediaSequence}`,
    ];
    if (this.discontinuitySequence > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${this.discontinuitySequence}`);
    let map: string | undefined;
    for (const { segment, discontinuity } of this.#entries) {
      if (discontinuity) lines.push('#EXT-X-DISCONTINUITY');
      if (segment.map !== undefined && (segment.map !== map || discontinuity)) {
        map = segment.map;
        lines.push(`#EXT-X-MAP:URI="${map}"`);
      }
      lines.push(`#EXTINF:${segment.duration.toFixed(6)},`, segment.uri);
    }
    if (this.ended) lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }
}

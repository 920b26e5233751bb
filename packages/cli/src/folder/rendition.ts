import type { FolderSegment } from './folder-segment.js';
import type { Variant } from './multivariant.js';
import type { Schedule } from './schedule.js';
import type { Track } from './tracks.js';

/** A Media Playlist made of one track of the folder. */
export class Rendition {
  /** Bits and seconds of all segments, and the most bits of a second, for BANDWIDTH. */
  #bits = 0;
  #seconds = 0;
  #peak = 0;

  /** @param uri of its playlist, relative to the server's root */
  constructor(
    readonly track: Track,
    readonly uri: string,
    readonly schedule: Schedule,
    /** Whether it is one of several: then EXT-X-PROGRAM-DATE-TIME tells players where they are in another. */
    readonly dated: boolean,
  ) {}

  add(segments: readonly FolderSegment[], now: number): void {
    for (const { size, duration } of segments) {
      this.#bits += size * 8;
      this.#seconds += duration;
      // What has hardly any duration is short by chance: a last frame.
      if (duration > 0.5 || this.#peak === 0) this.#peak = Math.max(this.#peak, (size * 8) / duration);
    }
    this.schedule.add(segments, now);
  }

  /** The Media Playlist. */
  toString(): string {
    return this.schedule.window.toString(this.dated);
  }

  get variant(): Variant {
    const { name, sample } = this.track;
    return { name, uri: this.uri, makeup: sample.makeup, peak: this.#peak, average: this.#bits / (this.#seconds || 1) };
  }
}

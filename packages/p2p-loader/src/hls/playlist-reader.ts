import type { SegmentSource } from '../segment-source.js';

/**
 * The playlists that hls.js was given and that the source has not read yet. hls.js goes on first: what the source makes of a stream's first
 * playlist takes some ms, which would else come before the MediaSource is opened, and so before the first frame.
 */
export class PlaylistReader {
  readonly #source: SegmentSource;
  readonly #read = new Set<string>();
  #unread: (readonly [url: string, text: string, requested: string])[] = [];

  constructor(source: SegmentSource) {
    this.#source = source;
  }

  add(url: string, text: string, requested: string): void {
    this.#unread.push([url, text, requested]);
  }

  /** Shows the source what is unread: after hls.js has it, and before hls.js is given a segment, which it may ask for at once. */
  read(): void {
    for (let next = this.#unread.shift(); next; next = this.#unread.shift()) {
      this.#source.playlist(...next);
      this.#read.add(next[2]);
    }
  }

  /**
   * Shows the source a playlist that hls.js had before.
   * @returns resolves when hls.js may be given it; undefined: now
   */
  readAgain(requested: string): Promise<void> | undefined {
    if (!this.#read.has(requested)) return undefined;
    this.read();
    // What asks a Low-Latency server for what comes next is held by that.
    return requested.includes('_HLS_') ? undefined : this.#source.held();
  }
}

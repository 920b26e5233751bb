/** How long the player can go on with what it has: from the attached media element, else from what it was given. */

/** The part of HTMLMediaElement that tells that it shows something. */
export interface FrameMedia {
  /** HTMLMediaElement's; 2 (HAVE_CURRENT_DATA) with the first frame (HTML §4.8.11.7). */
  readonly readyState?: number;
  addEventListener?(type: 'loadeddata', listener: () => void): void;
  removeEventListener?(type: 'loadeddata', listener: () => void): void;
}

/** The part of HTMLMediaElement that tells it. */
export interface MediaLike {
  readonly buffered: { readonly length: number; start(index: number): number; end(index: number): number };
  readonly currentTime: number;
  readonly playbackRate: number;
}

/** A player has put what it was given into the element's buffer after this, ms. */
const APPENDED_MS = 1_000;
/** A gap in the buffer that players jump over, s. */
const TOLERATED_GAP = 0.5;

/** Seconds of media from the playing position on, without a gap. */
export function bufferedAhead(media: MediaLike): number {
  // Each look at an element's makes a new one.
  const { buffered, currentTime } = media;
  let end = currentTime;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= end + TOLERATED_GAP && buffered.end(i) > end) end = buffered.end(i);
  }
  return end - currentTime;
}

export class Playback {
  #media: (MediaLike & FrameMedia) | undefined;
  /** Without a media element: when playing began, and how much was given since, ms. */
  #since: number | undefined;
  #given = 0;
  /** With a media element: until when it plays with what it was given last, and until when that is believed, ms. */
  #lasts = { until: 0, believed: 0 };

  get media(): FrameMedia | undefined {
    return this.#media;
  }

  attach(media: (MediaLike & FrameMedia) | undefined): void {
    this.#media = media;
  }

  /** A segment of `duration` ms was given to the player. */
  delivered(duration: number, now: number): void {
    if (this.#media) this.#lasts = { until: now + this.#buffered(this.#media) + duration, believed: now + APPENDED_MS };
    if (this.#since === undefined || this.#given < now - this.#since) {
      this.#since = now;
      this.#given = 0;
    }
    this.#given += duration;
  }

  /** What was given last, `duration` ms, is not played: the player asked for that time again. */
  discarded(duration: number): void {
    this.#given -= duration;
    this.#lasts.until -= duration;
  }

  /** The player asked for a segment out of order: a seek, or a start. What was given before tells nothing. */
  moved(): void {
    this.#since = undefined;
    this.#given = 0;
    this.#lasts = { until: 0, believed: 0 };
  }

  /** ms until the player runs dry. A player that gives no media element is taken to play without a pause. */
  left(now: number): number {
    if (this.#media)
      return Math.max(this.#buffered(this.#media), now < this.#lasts.believed ? this.#lasts.until - now : 0);
    return this.#since === undefined ? 0 : Math.max(0, this.#given - (now - this.#since));
  }

  /** Whether it has less than lasts for `duration`, ms. */
  isLow(duration: number, now: number): boolean {
    return this.left(now) < duration;
  }

  /** ms that the element has. */
  #buffered(media: MediaLike): number {
    return (1000 * bufferedAhead(media)) / Math.max(0.25, media.playbackRate || 1);
  }
}

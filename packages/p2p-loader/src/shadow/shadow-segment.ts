import type { ListedSegment } from '../playlists/listed-segment.js';
import type { Scheduled } from '../schedule/environment.js';

/** A segment that is only planned: the schedule treats it like one with bytes. */
export class ShadowSegment implements Scheduled {
  /** Nothing is exchanged, so that nothing has to be verified. */
  readonly info = undefined;
  readonly sources = { size: 1 };
  complete = false;
  /** The player has asked for it. */
  asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly listed: ListedSegment,
    /** When the player would need it, ms. */
    readonly neededAt: number,
    /** Of a live playlist. */
    readonly live: boolean,
    /** How long the origin takes for it, ms. */
    private readonly originTime: () => number,
    private readonly onComplete: (segment: ShadowSegment, from: 'peers' | 'origin') => void,
  ) {}

  get infoHash(): string {
    return this.listed.infoHash;
  }

  get length(): number {
    return this.listed.length;
  }

  get duration(): number {
    return this.listed.duration;
  }

  get missing(): number {
    return this.complete ? 0 : this.length;
  }

  get hasSome(): boolean {
    return this.complete;
  }

  get fetching(): boolean {
    return this.#timer !== undefined;
  }

  setInfo(): boolean {
    return false;
  }

  fetchFromOrigin(): void {
    if (this.complete) return;
    this.#timer ??= setTimeout(() => this.#finish('origin'), this.originTime());
  }

  /** Another viewer would have given it. */
  given(): void {
    if (!this.complete) this.#finish('peers');
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finish(from: 'peers' | 'origin'): void {
    this.destroy();
    this.complete = true;
    this.onComplete(this, from);
  }
}

import type { DisabledReason, UploadPausedReason } from '../figures/stats.js';
import { Device, type DeviceHost } from './device.js';
import { type DeviceRules, mannersOf, sleepsAt } from './rules.js';

/** How long a hidden page that plays nothing goes on giving, ms. */
export const DEFAULT_HIDDEN_FOR_MS = 60_000;
/** How often a hidden page looks whether its media still plays, ms. */
const LOOK_MS = 5_000;

/** The part of HTMLMediaElement that tells whether it plays. */
export interface PlayingMedia {
  readonly paused?: boolean;
  readonly ended?: boolean;
}

export interface MannersOptions extends DeviceRules {
  /** ms. */
  readonly hiddenFor?: number | undefined;
}

export interface MannersEvents {
  /** Why peers are not used now; undefined: they may be. */
  onOff(reason: DisabledReason | undefined): void;
  /** Why nothing is given now. */
  onPaused(reason: UploadPausedReason | undefined): void;
}

/** Follows the device and the page, and says what they allow: the rules with a clock. */
export class MannersWatch {
  media: PlayingMedia | undefined;
  readonly #device: Device;
  #hiddenSince: number | undefined;
  #playedAt: number;
  #off: DisabledReason | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: DeviceHost,
    private readonly options: MannersOptions,
    private readonly now: () => number,
    private readonly events: MannersEvents,
  ) {
    this.#playedAt = now();
    this.#device = new Device(host, () => this.check());
    this.check();
  }

  /** Why peers are not used now. */
  get off(): DisabledReason | undefined {
    return this.#off;
  }

  /** The player asked for a segment: without a media element that is all there is to tell that it plays. */
  asked(): void {
    if (!this.media) this.#playedAt = this.now();
    if (this.#off === 'asleep') this.check();
  }

  /** Looks again. */
  check(): void {
    clearTimeout(this.#timer);
    const now = this.now();
    const { hiddenFor = DEFAULT_HIDDEN_FOR_MS } = this.options;
    const playing = this.media?.paused === false && !this.media.ended;
    if (playing) this.#playedAt = now;
    this.#hiddenSince = this.#device.hidden ? (this.#hiddenSince ?? now) : undefined;
    const { off, paused } = mannersOf(this.#device.state, this.options);
    const presence = { hiddenSince: this.#hiddenSince, playedAt: this.#playedAt };
    const at = sleepsAt(presence, hiddenFor);
    const asleep = at !== undefined && now >= at && !playing;
    if (at !== undefined && !asleep) {
      // A timer may be a moment early.
      this.#timer = setTimeout(() => this.check(), playing ? LOOK_MS : Math.min(at - now + 1, LOOK_MS));
    }
    this.events.onPaused(paused);
    const reason = off ?? (asleep ? 'asleep' : undefined);
    if (reason === this.#off) return;
    this.#off = reason;
    this.events.onOff(reason);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#device.close();
  }
}

import type { UploadPausedReason } from '../figures/stats.js';
import type { Role } from '../options.js';
import { TokenBucket } from './token-bucket.js';

/** A block that would wait longer is not given at all: whoever asked turns elsewhere, ms. */
export const MAX_WAIT_MS = 1_500;
/** No further viewer is served while given blocks wait longer than this, ms. */
export const MAX_BACKLOG_MS = 500;

export interface UploadLimits {
  /** Default `full`. */
  readonly role?: Role | undefined;
  /** Bytes a second. Default: no limit. */
  readonly maxUploadRate?: number | undefined;
  /** Bytes. Default: no limit. */
  readonly maxUploadBytes?: number | undefined;
}

/** What a segment needs of it. */
export interface Upload {
  readonly open: boolean;
  /** Whether a block of `bytes` is given: after how many ms, or undefined for not at all. */
  admit(bytes: number): number | undefined;
}

/** Whether, and how fast, this viewer gives segments to others: what the site set, and what the device allows now. */
export class UploadGate implements Upload {
  #bucket: TokenBucket | undefined;
  #given = 0;
  #restriction: UploadPausedReason | undefined;

  /** @throws RangeError naming the limit that is negative or no number. */
  constructor(
    private readonly limits: UploadLimits,
    private readonly now: () => number,
    /** It opened or closed. */
    private readonly onChange: () => void,
  ) {
    const { maxUploadRate, maxUploadBytes } = limits;
    for (const [name, value] of Object.entries({ maxUploadRate, maxUploadBytes })) {
      if (value !== undefined && !(value >= 0)) throw new RangeError(`${name}: ${value} is not a number of at least 0`);
    }
    if (maxUploadRate && maxUploadRate < Number.POSITIVE_INFINITY) this.#bucket = new TokenBucket(maxUploadRate, now());
  }

  get paused(): UploadPausedReason | undefined {
    const { role, maxUploadRate, maxUploadBytes = Number.POSITIVE_INFINITY } = this.limits;
    if (role === 'leech' || maxUploadRate === 0) return 'upload-off';
    return this.#given >= maxUploadBytes ? 'upload-cap' : this.#restriction;
  }

  get open(): boolean {
    return this.paused === undefined;
  }

  /** Whether one more viewer can be served. */
  get hasRoom(): boolean {
    return this.open && (this.#bucket?.backlog(this.now()) ?? 0) < MAX_BACKLOG_MS;
  }

  /** What the device says now; undefined lifts it. */
  restrict(reason: UploadPausedReason | undefined): void {
    this.#change(() => {
      this.#restriction = reason;
    });
  }

  admit(bytes: number): number | undefined {
    if (!this.open) return undefined;
    if (this.#given + bytes > (this.limits.maxUploadBytes ?? Number.POSITIVE_INFINITY)) {
      this.#change(() => {
        this.#given = Number.POSITIVE_INFINITY;
      });
      return undefined;
    }
    const now = this.now();
    if (this.#bucket && this.#bucket.backlog(now) > MAX_WAIT_MS) return undefined;
    this.#change(() => {
      this.#given += bytes;
    });
    return this.#bucket?.take(bytes, now) ?? 0;
  }

  #change(change: () => void): void {
    const { open } = this;
    change();
    if (this.open !== open) this.onChange();
  }
}

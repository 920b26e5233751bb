import { MAX_BACKLOG_MS, MAX_WAIT_MS, type Upload } from './upload-gate.js';

/**
 * The part of its uplink that a viewer gives over while it takes something itself: where the uplink is full, what acknowledges the bytes
 * that come waits in its queue, and the origin sends at half the link's pace.
 */
const GIVEN_SHARE = 0.75;

export interface GiveWayEnvironment {
  readonly now: () => number;
  /** Whether the viewer takes something from the origin that its link needs long for. */
  readonly isTaking: () => boolean;
  /** Bytes a second that its uplink carries; undefined while that is not known. */
  readonly uplink: () => number | undefined;
}

/** Gives as an upload gate does, but never so much that it is in the way of what the viewer takes itself. */
export class GiveWay implements Upload {
  /** When the last block that was admitted is through, ms. */
  #throughAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly gate: Upload & { readonly hasRoom: boolean },
    private readonly environment: GiveWayEnvironment,
  ) {}

  get open(): boolean {
    return this.gate.open;
  }

  /** Whether one more viewer can be served. */
  get hasRoom(): boolean {
    return this.gate.hasRoom && this.#wait() < MAX_BACKLOG_MS;
  }

  admit(bytes: number): number | undefined {
    const wait = this.#wait();
    if (wait > MAX_WAIT_MS) return undefined;
    const asked = this.gate.admit(bytes);
    if (asked === undefined) return undefined;
    const rate = this.environment.uplink();
    const at = this.environment.now() + Math.max(asked, wait);
    if (rate !== undefined) this.#throughAt = at + (1000 * bytes) / (GIVEN_SHARE * rate);
    return Math.max(asked, wait);
  }

  #wait(): number {
    const { isTaking, now } = this.environment;
    return isTaking() ? Math.max(0, this.#throughAt - now()) : 0;
  }
}

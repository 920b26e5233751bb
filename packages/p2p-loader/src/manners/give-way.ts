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
  readonly uplink: {
    /** Bytes a second that it carries; undefined while that is not known. */
    readonly rate: number | undefined;
    /** Bytes that wait to leave over it. */
    readonly waitingBytes: number;
  };
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
    const { now, uplink } = this.environment;
    const at = now() + Math.max(asked, wait);
    if (uplink.rate !== undefined) this.#throughAt = at + (1000 * bytes) / (GIVEN_SHARE * uplink.rate);
    return Math.max(asked, wait);
  }

  #wait(): number {
    const { isTaking, now, uplink } = this.environment;
    if (uplink.rate === undefined || !isTaking()) return 0;
    // What was given before it began to take something is first.
    return Math.max(0, this.#throughAt - now(), (1000 * uplink.waitingBytes) / uplink.rate);
  }
}

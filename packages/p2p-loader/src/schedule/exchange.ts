import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import type { SegmentStream } from '../mesh/segment-stream.js';

/** Who gives or takes one segment, and who was asked for it. Times are ms, keys are links' ids. */
export interface Exchange {
  readonly streams: Map<string, SegmentStream>;
  /** Links that it is asked of. */
  readonly sources: Set<string>;
  /** `want` sent, by link: when. */
  readonly asked: Map<string, number>;
  /** Links that had no room, until when. */
  readonly busy: Map<string, number>;
  /** Links that were hoped for once: one that promises and gives nothing holds nobody back again. */
  readonly hoped: Set<string>;
  /** When the first of all was asked, ms. */
  askedAt?: number;
  /** Links that were too slow for this segment: they are asked for nothing more of it. */
  readonly left: Set<string>;
}

export const newExchange = (): Exchange => ({
  streams: new Map(),
  sources: new Set(),
  asked: new Map(),
  busy: new Map(),
  hoped: new Set(),
  left: new Set(),
});

/** Who exchanges which segment with whom. */
export interface Exchanges<S> {
  /** @param neededAt when the player needs it, ms */
  connect(segment: S, neededAt: number): void;
  /** How many more links may be asked for it now. */
  room(segment: S): number;
  receive(link: Link, message: ControlMessage): void;
  completed(segment: S): void;
  /** The link has nothing of it after all: its place is for another. */
  leave?(segment: S, link: Link): void;
  forget(infoHash: string): void;
}

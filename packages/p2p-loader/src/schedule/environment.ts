import type { ControlMessage } from '../mesh/control.js';
import type { Link } from '../mesh/link.js';
import type { Gossiped } from './gossip.js';

/** What the schedule needs of a segment. */
export interface Scheduled extends Gossiped {
  /** ms. */
  readonly duration: number;
  readonly fetching: boolean;
  /** Where the origin has it; empty for a segment that only other viewers named yet. */
  readonly sources: { readonly size: number };
  /** Bytes. */
  readonly missing: number;
  /** @param split whether others fetch it, too */
  fetchFromOrigin(split: boolean): void;
}

export interface SchedulerEnvironment<S> {
  readonly peerId: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly links: () => ReadonlyMap<string, Link>;
  /** Whether a link is asked in the origin's place only. Default: no. */
  readonly standsIn?: (link: Link) => boolean;
  /** @param to who is told; default: all links */
  readonly broadcast: (message: ControlMessage, to?: (link: Link) => boolean) => void;
  readonly swarmSize: () => number;
  /** Whether no link is to be expected, since nobody else is here. Default: no. */
  readonly isAlone?: () => boolean;
  /** This viewer is a helper: it gives to as many as ask. Default: no. */
  readonly helper?: boolean;
  /** Whether one more viewer can be given to. Default: yes. */
  readonly gives?: () => boolean;
  readonly segment: (infoHash: string) => S | undefined;
  /** When the player runs dry without it, ms; undefined when it is not wanted now. */
  readonly dueAt: (segment: S, now: number) => number | undefined;
  /** How long before that the origin has to be asked, beside `SAFETY_MARGIN_MS`, ms. Default 0. */
  readonly askAhead?: (segment: S) => number;
  /** Longest slack to be used for it, ms. */
  readonly maxSlack: (segment: S) => number;
  /** The part of the slack that passes before this viewer's turn at the origin may come. Default 0. */
  readonly lag?: (segment: S) => number;
  /** Whether a link does not come through the viewer's line to the origin. Default: it does. */
  readonly isBeside?: (link: Link) => boolean;
  /** How long the origin would take for what is missing of it, ms; 0: not known. */
  readonly originMs?: (segment: S) => number;
  /** Whether links are asked for it, or only the origin. Default: links too. */
  readonly asksLinks?: (segment: S) => boolean;
  /** Whether others may be left to fetch it: their words and bytes hold this viewer back. Default: yes. */
  readonly leavesToOthers?: (segment: S) => boolean;
  /** Whether the viewer's link takes long for it. Default: no. */
  readonly isNarrow?: (segment: S) => boolean;
  /** Whether the origin may be asked for it, or only links. Default: the origin too. */
  readonly asksOrigin?: (segment: S) => boolean;
  /** A link says that this segment follows `after`. Returns it when it is to be prepared. */
  readonly hinted: (infoHash: string, length: number, after: string) => S | undefined;
}

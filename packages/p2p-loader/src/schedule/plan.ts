import type { Link } from '../mesh/link.js';
import { Announcements } from './announcements.js';
import { isBefore } from './places.js';

/** What the scheduler remembers of one segment. Times are ms on one clock. */
export interface Plan {
  wantedAt?: number;
  /** When links told of it and no playlist did. */
  hintedAt?: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  timerAt: number | undefined;
  readonly announcements: Announcements<Link>;
  lastByteAt: number | undefined;
  firstByteAt: number | undefined;
  /** What viewers gave would once not have been here in time. */
  wasLate: boolean;
  /** Bytes that viewers gave. */
  received: number;
  lastAnnounced: number;
  /** When it was said first that it will be fetched. */
  announcedAt?: number;
  /** The origin failed this often in a row; it is left alone until `retryAt`. */
  failures: number;
  retryAt: number;
  partTold?: boolean;
  /** How many of those who stand in for the origin were asked in its turn, and until when the last of them may be silent. */
  standIns: number;
  standInUntil: number;
}

export const newPlan = (): Plan => ({
  timer: undefined,
  timerAt: undefined,
  announcements: new Announcements(),
  lastByteAt: undefined,
  firstByteAt: undefined,
  wasLate: false,
  received: 0,
  lastAnnounced: Number.NEGATIVE_INFINITY,
  failures: 0,
  retryAt: 0,
  standIns: 0,
  standInUntil: 0,
});

/** Whether this viewer said that it will fetch the segment, and somebody whose place is before its own did, too. */
export const yields = ({ announcedAt, announcements }: Plan, infoHash: string, peerId: string): boolean =>
  announcedAt !== undefined && announcements.hasFetcher((fetcher) => isBefore(infoHash, fetcher, peerId));

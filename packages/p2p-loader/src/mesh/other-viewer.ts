import { keepNewest } from '../keep-newest.js';
import { type ControlMessage, MAX_LINKS } from './control.js';
import { Throughput } from './throughput.js';

/** Most infohashes remembered of what it holds. */
const MAX_REMOTE_SEGMENTS = 2048;

/** What is known of the viewer at the other end of a link: what it says of itself, and how it has kept its word. */
export class OtherViewer {
  /** Segments that it holds whole. */
  readonly has = new Set<string>();
  /** Segments that it is receiving. */
  readonly receiving = new Set<string>();
  /** Segments that it said it fetches from the origin. */
  readonly fetching = new Set<string>();
  /** Segments that it asked this viewer for: it says nothing of those, since whom it has them from has them. */
  readonly asked = new Set<string>();
  /** It gives in the origin's place. */
  helper = false;
  /** The id of its group. */
  group: string | undefined;
  /** It is of another group than this viewer. */
  outside = false;
  /** Viewers that it is linked to. */
  neighbours: ReadonlySet<string> = new Set();
  /** What its line carries from the origin, as it says, bytes a second; 0: it has not said. */
  lineRate = 0;
  /** How many viewers it knows of. */
  swarmSize = 1;
  readonly throughput = new Throughput();
  downloadedBytes = 0;
  uploadedBytes = 0;
  /** Announcements of it that came to nothing, pieces of it that were bad, and segments that it named and that are none. */
  strikes = 0;
  /** It gave bytes since the last of its announcements that came to nothing. */
  trusted = false;
  badPieces = 0;
  falseHints = 0;
  /** Times in a row that it was asked for a segment which it said it has, and was silent. */
  silences = 0;
  /** When the last one was, ms. */
  silentAt = Number.NEGATIVE_INFINITY;
  /** When it last gave bytes of a segment that were right, ms. */
  gaveAt: number | undefined;

  remember(set: Set<string>, infoHash: string): void {
    set.add(infoHash);
    keepNewest(set, MAX_REMOTE_SEGMENTS);
  }

  protected introduced({ n, helper = false, group, have }: Extract<ControlMessage, { t: 'hello' }>): void {
    this.swarmSize = n;
    this.helper = helper;
    this.group = group;
    for (const hash of have) this.remember(this.has, hash);
  }

  /** Notes what a message says of it. */
  protected told(message: ControlMessage): void {
    switch (message.t) {
      case 'have':
        for (const hash of message.h) {
          this.remember(this.has, hash);
          this.receiving.delete(hash);
        }
        break;
      case 'part':
        this.remember(this.receiving, message.h);
        break;
      case 'lost':
        for (const hash of message.h) {
          this.has.delete(hash);
          this.receiving.delete(hash);
        }
        break;
      case 'line':
        this.lineRate = message.r;
        break;
      case 'links':
        this.neighbours = new Set(message.p.slice(0, MAX_LINKS));
    }
  }
}

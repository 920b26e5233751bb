import type { Link } from '../mesh/link.js';
import { ANNOUNCEMENT_LIFE_MS, announcedUntil, MAX_STRIKES, type View } from './policy.js';

/** Stands for the time of a word that was judged. */
const JUDGED = Number.POSITIVE_INFINITY;

/** What links said about one segment being fetched, and what came of it. Times are ms. */
export class Announcements {
  #heardAt: number | undefined;
  /** The link that brought the first one, while nothing has come of it. */
  #bringer: Link | undefined;
  /** Links that said they fetch it themselves: when. */
  readonly #words = new Map<Link, number>();
  readonly #givers = new Set<Link>();

  /** When a believed link first announced a fetch. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  heard(link: Link, fetcher: string, now: number): void {
    if (fetcher === link.id && !this.#words.has(link)) this.#words.set(link, now);
    if (link.strikes >= MAX_STRIKES || this.#heardAt !== undefined) return;
    this.#heardAt = now;
    if (this.#givers.size === 0) this.#bringer = link;
  }

  /** A link gives bytes: it is believed again. */
  gave(link: Link): void {
    this.#bringer = undefined;
    if (this.#givers.has(link)) return;
    this.#givers.add(link);
    if (link.strikes > 0) link.strikes -= 1;
  }

  /**
   * Counts against links what came to nothing: the first announcement once it holds nobody back any more, and a link's
   * word that it fetches when it has nothing of the segment to tell of after `ANNOUNCEMENT_LIFE_MS`. One strike a link.
   */
  judge(infoHash: string, view: Pick<View, 'neededAt' | 'maxSlack'>, now: number): void {
    for (const [link, at] of this.#words) {
      if (now - at < ANNOUNCEMENT_LIFE_MS) continue;
      this.#words.set(link, JUDGED);
      if (link.has.has(infoHash) || link.receiving.has(infoHash)) continue;
      link.strikes += 1;
      if (this.#bringer === link) this.#bringer = undefined;
    }
    if (this.#bringer === undefined || this.#heardAt === undefined) return;
    if (now < announcedUntil(view, this.#heardAt)) return;
    this.#bringer.strikes += 1;
    if (this.#words.has(this.#bringer)) this.#words.set(this.#bringer, JUDGED);
    this.#bringer = undefined;
  }
}

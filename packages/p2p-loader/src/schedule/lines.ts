import type { Link } from '../mesh/link.js';
import { BESIDE, type SharedLine } from '../segment/link-rate.js';

/** Links are told anew when the rate has changed by this part of what they were told. */
const CHANGE = 0.2;
/** Whose line is wider than most links' by this factor goes to the origin earlier, and by how much at most. */
const WIDER = 3;
const EARLIEST = 0.1;
/** What a line carries in so many ms goes to all in time, whoever fetches it, and what lines showed of such rates is noise. */
const MOMENT_MS = 100;
/** Where a link's line is so much wider than the viewer's, this part of the slack passes before the viewer's turn may come. */
const LATEST = 0.75;
/** What a line carried at best counts less with time, by a factor e in so many ms. */
const BEST_MS = 60_000;

/**
 * What viewers tell each other of their lines. Those in an office or a school share one: each of them sees the part that the others leave, and who
 * fetches while no other does sees all of it. Since one fetches for all, that is what each of them has.
 */
export class Lines implements SharedLine {
  #told = 0;
  /** What the viewer's own line carried at best, bytes/ms, and when that was said last, ms: while others use the line, less of it shows. */
  #best = 0;
  #bestAt = 0;

  constructor(
    private readonly mesh: () => {
      readonly links: ReadonlyMap<string, Pick<Link, 'lineRate' | 'throughput' | 'send'>>;
    },
    private readonly now: () => number,
  ) {}

  get #links() {
    return [...this.mesh().links.values()];
  }

  /**
   * What a line that is shared carries, as links saw it, bytes/ms; 0: nothing is known. Of each no more than it has given itself, or, where it plays another
   * rendition and gave nothing, than the others that share the line.
   */
  get rate(): number {
    const others = this.isShared ? this.#most : 0;
    const rates = this.#links.map((link) => Math.min(link.lineRate, this.#bestOf(link) || others));
    return Math.max(0, ...rates) / 1_000;
  }

  /** Whether some link does not come through the viewer's line, and so shares it. */
  get isShared(): boolean {
    return this.#isMore(this.#most);
  }

  /** Whether a link does not come through the viewer's line. On one that is shared, one that gave nothing yet is taken for one of those. */
  isBeside(link: Pick<Link, 'throughput'>): boolean {
    return this.#isMore(this.#bestOf(link) || this.#most);
  }

  /** The most that a link gives, bytes a second; 0: none gave anything. */
  get #most(): number {
    return Math.max(0, ...this.#links.map((link) => this.#bestOf(link)));
  }

  /** Bytes a second; 0: it gave nothing of late. */
  #bestOf({ throughput }: Pick<Link, 'throughput'>): number {
    return throughput.bestAt(this.now());
  }

  /** @param rate bytes a second */
  #isMore(rate: number): boolean {
    return this.#best > 0 && rate > BESIDE * 1_000 * this.#best;
  }

  /**
   * The part of its slack that this viewer uses: on a line that is wider than most links' it fetches first, since all have it sooner then.
   * @param length bytes: what most links' lines carry in a moment they have as soon whoever fetches it
   */
  lead(length: number): number {
    const rates = this.#links.flatMap(({ lineRate }) => lineRate || []).sort((a, b) => a - b);
    const middle = (rates[(rates.length - 1) >> 1] ?? 0) / 1_000;
    if (middle === 0 || this.#told === 0 || length <= MOMENT_MS * middle) return 1;
    return Math.max(EARLIEST, Math.min(1, (WIDER * middle) / this.#told));
  }

  /**
   * The part of its slack that passes before this viewer's turn may come: those on a wider line list the segment meanwhile, and fetch it.
   * @param length bytes: what the line carries in a moment the viewer gives in time
   */
  lag(length: number): number {
    if (this.#told === 0 || length <= MOMENT_MS * this.#told) return 0;
    return this.#links.some(({ lineRate }) => lineRate > WIDER * 1_000 * this.#told) ? LATEST : 0;
  }

  /** @param shown what the origin's answers show of the viewer's own line, bytes/ms */
  tell(shown: number): void {
    const now = this.now();
    const rate = Math.max(shown, this.#best * Math.exp((this.#bestAt - now) / BEST_MS));
    this.#best = rate;
    this.#bestAt = now;
    if (Math.abs(rate - this.#told) <= CHANGE * this.#told) return;
    this.#told = rate;
    for (const link of this.#links) this.opened(link);
  }

  opened(link: Pick<Link, 'send'>): void {
    if (this.#told > 0) link.send({ t: 'line', r: Math.round(1_000 * this.#told) });
  }
}

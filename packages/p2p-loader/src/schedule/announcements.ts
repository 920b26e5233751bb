import { type Claim, claimLife, claimsEnd, MAX_STRIKES, type View } from './policy.js';

/** Fetchers of one segment that a viewer listens to. */
export const MAX_CLAIMS = 16;

/** A link whose word may turn out to be worth nothing. */
export interface Teller {
  /** How often it did. */
  strikes: number;
  /** It gave bytes since. */
  trusted: boolean;
}

interface Told<Link> extends Claim {
  /** The link that brought it. */
  readonly link: Link;
  doubted: boolean;
}

/** What links said about one segment being fetched, and what came of it. Times are ms. */
export class Announcements<Link extends Teller, Fetcher = string> {
  readonly #claims = new Map<Fetcher, Told<Link>>();
  /** Links that said they fetch it themselves: when that is judged; infinite when it was. */
  readonly #words = new Map<Link, number>();
  readonly #givers = new Set<Link>();
  #firstAt: number | undefined;
  #doubts = false;
  #lapsed = false;

  /** How often the first one was passed on before it came here; undefined when there was none. */
  get relays(): number | undefined {
    for (const claim of this.#claims.values()) return claim.relays;
    return undefined;
  }

  /** A link said that it fetches, and had nothing to give. */
  get doubts(): boolean {
    return this.#doubts;
  }

  /** When a link's word is judged next. */
  get judgedAt(): number {
    return Math.min(...this.#words.values());
  }

  /**
   * @param own the link is the fetcher
   * @param relays how many viewers passed it on
   */
  heard(link: Link, fetcher: Fetcher, own: boolean, relays: number, now: number): void {
    const claim = { link, heardAt: now, relays: own ? 0 : Math.max(1, relays), trusted: link.trusted, doubted: false };
    if (own && !this.#words.has(link)) this.#words.set(link, now + claimLife(claim));
    if (link.strikes >= MAX_STRIKES || this.#claims.has(fetcher) || this.#claims.size >= MAX_CLAIMS) return;
    this.#firstAt ??= now;
    this.#claims.set(fetcher, claim);
  }

  /** A link gives bytes: it is believed again. */
  gave(link: Link): void {
    if (this.#givers.has(link)) return;
    this.#givers.add(link);
    link.trusted = true;
    if (link.strikes > 0) link.strikes -= 1;
  }

  /** Until when this viewer is held back; undefined when nobody fetches that it knows of. */
  heldUntil(view: Pick<View, 'neededAt' | 'maxSlack'>): number | undefined {
    if (this.#firstAt === undefined) return undefined;
    let until = this.#firstAt;
    for (const claim of this.#claims.values()) {
      if (!claim.doubted) until = Math.max(until, claim.heardAt + claimLife(claim));
    }
    return Math.min(until, claimsEnd(view, this.#firstAt));
  }

  /**
   * Counts a link's word that it fetches against it when nothing came of it.
   * @param tells whether a link has or receives some of the segment
   * @returns whether a lie was found out just now: the viewer draws its timer anew
   */
  judge(now: number, tells: (link: Link) => boolean): boolean {
    let found = false;
    for (const [link, at] of this.#words) {
      if (now < at) continue;
      this.#words.set(link, Number.POSITIVE_INFINITY);
      if (tells(link)) continue;
      this.#strike(link);
      found = true;
    }
    if (found) {
      this.#doubts = true;
      for (const claim of this.#claims.values()) claim.doubted = true;
    }
    return found;
  }

  /** Counts the first claim against the link that brought it, when all claims are over and no bytes came. */
  lapse(view: Pick<View, 'neededAt' | 'maxSlack'>, now: number): void {
    if (this.#lapsed || this.#givers.size > 0) return;
    const until = this.heldUntil(view);
    if (until === undefined || now < until) return;
    this.#lapsed = true;
    for (const { link, doubted } of this.#claims.values()) {
      if (!doubted) this.#strike(link);
      return;
    }
  }

  #strike(link: Link): void {
    link.strikes += 1;
    link.trusted = false;
  }
}

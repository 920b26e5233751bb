import { type Claim, claimLife, claimsEnd, MAX_STRIKES, TRUSTED_WORD_LIFE_MS, type View } from './policy.js';

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
  /** Links that said they fetch it and had nothing. */
  readonly #liars = new Set<Link>();
  #firstAt: number | undefined;
  #first: Fetcher | undefined;
  #relays: number | undefined;
  #doubts = false;
  #wordUntil: number | undefined;
  #lapsed = false;

  /** On the shortest way, the first one was passed on so often; undefined when there was none. */
  get relays(): number | undefined {
    return this.#relays;
  }

  /** When the first one was heard; undefined when there was none. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** Until when bytes may follow links' own word that they fetch, however little slack is left, ms; undefined: none said so, or one lied. */
  get wordUntil(): number | undefined {
    return this.#doubts ? undefined : this.#wordUntil;
  }

  /** A link said that it fetches, and had nothing to give. */
  get doubts(): boolean {
    return this.#doubts;
  }

  /** Whether that was this link: it counts for nothing here any more, whatever it passes on. */
  lied(link: Link): boolean {
    return this.#liars.has(link);
  }

  /** When a link's word is judged next. */
  get judgedAt(): number {
    return Math.min(...this.#words.values());
  }

  /**
   * @param own the link is the fetcher
   * @param relays how many viewers passed it on
   * @param beginsAt when the fetch begins
   */
  heard(link: Link, fetcher: Fetcher, own: boolean, relays: number, beginsAt: number): void {
    const claim = {
      link,
      heardAt: beginsAt,
      relays: own ? 0 : Math.max(1, relays),
      trusted: link.trusted,
      doubted: false,
    };
    if (own && !this.#words.has(link)) this.#words.set(link, beginsAt + claimLife(claim));
    if (link.strikes >= MAX_STRIKES || this.lied(link)) return;
    this.#first ??= fetcher;
    // A longer way may be the faster one.
    if (this.#first === fetcher) this.#relays = Math.min(this.#relays ?? claim.relays, claim.relays);
    const known = this.#claims.get(fetcher);
    // Its own word is worth more than what another passed on of it, be it later.
    if (known ? !own || known.relays === 0 : !this.#makeRoom()) return;
    this.#firstAt ??= beginsAt;
    this.#claims.set(fetcher, claim);
    if (!own) return;
    // Not for as long as one after the other says so.
    const until = Math.min(beginsAt + claimLife(claim), this.#firstAt + TRUSTED_WORD_LIFE_MS);
    this.#wordUntil = Math.max(this.#wordUntil ?? until, until);
  }

  /** A link closed: its word that it fetches is judged now. */
  gone(link: Link): void {
    if (Number.isFinite(this.#words.get(link))) this.#words.set(link, 0);
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
   * @returns links found out just now: the viewer draws its timer anew
   */
  judge(now: number, tells: (link: Link) => boolean): Link[] {
    const found: Link[] = [];
    for (const [link, at] of this.#words) {
      if (now < at) continue;
      this.#words.set(link, Number.POSITIVE_INFINITY);
      if (tells(link)) continue;
      this.#strike(link);
      this.#liars.add(link);
      found.push(link);
    }
    if (found.length > 0) {
      this.#doubts = true;
      for (const claim of this.#claims.values()) claim.doubted = true;
    }
    return found;
  }

  /** Whether one of the fetchers that are believed is such a one. */
  hasFetcher(test: (fetcher: Fetcher) => boolean): boolean {
    for (const [fetcher, { doubted }] of this.#claims) if (!doubted && test(fetcher)) return true;
    return false;
  }

  /**
   * Counts the first claim against the link that brought it, when all claims are over and no bytes came.
   * @param isTold whether a link has or receives some of it: then the claim was true, and nobody was asked yet. Default: none
   */
  lapse(view: Pick<View, 'neededAt' | 'maxSlack'>, now: number, isTold = () => false): void {
    if (this.#lapsed || this.#givers.size > 0) return;
    const until = this.heldUntil(view);
    if (until === undefined || now < until) return;
    this.#lapsed = true;
    if (isTold()) return;
    for (const { link, doubted } of this.#claims.values()) {
      if (!doubted) this.#strike(link);
      return;
    }
  }

  /** Doubted claims give way: else many liars would leave no room for a true one. */
  #makeRoom(): boolean {
    if (this.#claims.size < MAX_CLAIMS) return true;
    for (const [fetcher, { doubted }] of this.#claims) if (doubted) return this.#claims.delete(fetcher);
    return false;
  }

  #strike(link: Link): void {
    link.strikes += 1;
    link.trusted = false;
  }
}

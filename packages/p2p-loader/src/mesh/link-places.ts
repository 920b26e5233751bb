import { MAX_LINKS } from './control.js';
import type { Link } from './link.js';

/** Links sought at least, and of more viewers than are all linked. As many others come to a viewer of a large mesh, so that it holds about twice as many. */
export const FEWEST_LINKS = 2;
export const TARGET_LINKS = 4;
/** So many viewers are all linked. */
export const ALL_LINKED = 8;
/** Links that one takes at most in a small mesh, and the largest such, in viewers. */
const SMALL_MESH_LINKS = 7;
const SMALL_MESH = 16;
/** Links to helpers that a viewer holds beside the others. */
const MAX_HELPERS = 2;
/** Links of a group's viewer to those of other groups: sought, so that the mesh stays one, and held. */
const FEWEST_OUTSIDE = 1;
const MAX_OUTSIDE = 3;
/** A link that gave nothing for this long may have to give its place to another viewer, ms. */
const PROBATION_MS = 30_000;
/** One at most in this time, ms. */
const REPLACE_MS = 5_000;
/** Largest number of viewers believed. */
const MAX_SWARM = 1_000_000;

/**
 * Links that a viewer seeks: each costs, even when nothing goes over it, but few viewers are all linked. On slow lines word of a fetch comes too late by
 * way of another, and those who play another rendition have nothing to give.
 * @param viewers of the stream
 */
export const linksSought = (viewers: number): number =>
  viewers > ALL_LINKED ? TARGET_LINKS : Math.max(FEWEST_LINKS, viewers - 1);

/**
 * With as many links further connections are refused; those on their way then may still open, up to `MAX_LINKS`. Among few viewers who came
 * first would else be linked to most, and give to most.
 * @param viewers of the stream
 */
const linksTaken = (viewers: number): number => (viewers > SMALL_MESH ? MAX_LINKS : SMALL_MESH_LINKS);

export interface LinkPlacesOptions {
  /** See `MeshOptions`. */
  readonly group?: string | undefined;
  readonly helper?: boolean;
  readonly now: () => number;
}

/** How many links a viewer seeks and takes, of which kind, and which of them gives its place to a newcomer. */
export class LinkPlaces {
  /** What the tracker counted last, in the stream and in the group; undefined before its first answer. */
  trackerSwarm: number | undefined;
  groupSwarm: number | undefined;
  #replacedAt = Number.NEGATIVE_INFINITY;

  /** @param links that are open, by their viewers' ids */
  constructor(
    private readonly options: LinkPlacesOptions,
    private readonly links: ReadonlyMap<string, Link>,
  ) {}

  /** Viewers of the stream, this one among them: the best of the tracker's count and the links' reports. */
  get swarmSize(): number {
    return this.#all.reduce((size, link) => Math.max(size, Math.min(link.swarmSize, MAX_SWARM)), this.counted);
  }

  /** The same by the tracker's count and the links themselves. */
  get counted(): number {
    return Math.max(this.trackerSwarm ?? 1, this.links.size + 1);
  }

  /** See `Mesh`. */
  standsIn({ helper, outside }: Pick<Link, 'helper' | 'outside'>): boolean {
    return !this.options.helper && (helper || (outside && this.#isGrouped));
  }

  /** Links that are offered by the stream's id. */
  get wanted(): number {
    const own = this.#own.length;
    const { helper } = this.options;
    const known = this.trackerSwarm ?? MAX_SWARM;
    if (this.#isGrouped && !helper)
      return Math.min(FEWEST_OUTSIDE, known - (this.groupSwarm ?? 1)) - this.#standIns(false).length;
    const others = known - 1 - this.links.size + own;
    const wanted = this.#offers(Math.min(helper ? MAX_LINKS : linksSought(this.swarmSize), others), own);
    return this.#isSurrounded ? Math.max(FEWEST_LINKS, wanted) : wanted;
  }

  /** And by the group's. */
  get wantedOfGroup(): number {
    const sought = this.options.helper ? MAX_LINKS : linksSought(this.swarmSize);
    const inside = this.#all.filter(({ outside }) => !outside).length;
    return this.#offers(Math.min(sought, (this.groupSwarm ?? MAX_SWARM) - 1), inside);
  }

  /** Whether a connection may begin. @param ofGroup with a viewer that was met by the group's id, if there is one */
  hasRoom(ofGroup: boolean): boolean {
    const mayReplace = this.options.now() - this.#replacedAt >= REPLACE_MS && this.#spare !== undefined;
    return !this.#isFull(ofGroup) || mayReplace;
  }

  /** One begins: where all places are taken, it may have another one's, and no second one soon after. */
  take(ofGroup: boolean): void {
    if (this.#isFull(ofGroup)) this.#replacedAt = this.options.now();
  }

  /** Makes room for a new link, if it has to have that of another one. @returns whether there is any */
  admits(link: Link): boolean {
    const standsIn = this.standsIn(link);
    if (!standsIn && this.#isFull(true)) this.#spare?.close();
    const most = link.helper ? MAX_HELPERS : MAX_OUTSIDE;
    return this.links.size < MAX_LINKS && !(standsIn && this.#standIns(link.helper).length >= most);
  }

  /** How many are offered: those that are missing; of few viewers all, since a tracker may choose those that are linked. */
  #offers(sought: number, held: number): number {
    return held < sought && this.swarmSize <= ALL_LINKED ? sought : sought - held;
  }

  get #all(): Link[] {
    return [...this.links.values()];
  }

  /** Those to viewers of its own kind. */
  get #own(): Link[] {
    return this.#all.filter((link) => !this.standsIn(link));
  }

  /** Those to helpers, or to other groups where there is any to the own. */
  #standIns(helper: boolean): Link[] {
    return this.#all.filter((link) => link.helper === helper && this.standsIn(link));
  }

  /** A viewer of the own group is linked. */
  get #isGrouped(): boolean {
    return this.options.group !== undefined && this.#all.some(({ helper, outside }) => !helper && !outside);
  }

  #isFull(ofGroup: boolean): boolean {
    const { helper } = this.options;
    if (this.#isGrouped && !ofGroup && !helper) return this.#standIns(false).length >= MAX_OUTSIDE;
    return this.#own.length >= (helper ? MAX_LINKS : linksTaken(this.swarmSize));
  }

  /** The links whose time has passed since they came, or gave something. */
  get #useless(): Link[] {
    const now = this.options.now();
    return this.#own.filter(({ since, gaveAt = since }) => now - gaveAt >= PROBATION_MS);
  }

  /** Nobody has given anything for long: whoever took all places may be one and the same. */
  get #isSurrounded(): boolean {
    if (this.options.helper) return false;
    const since = this.options.now() - PROBATION_MS;
    const gave = this.#own.some(({ gaveAt = Number.NEGATIVE_INFINITY }) => gaveAt > since);
    return !gave && this.#useless.length > 0;
  }

  /** The link that a viewer can do without: one that neither gave nor took, and where nobody gives, who took least. */
  get #spare(): Link | undefined {
    const [least] = this.#useless.sort((a, b) => a.uploadedBytes - b.uploadedBytes);
    return least?.uploadedBytes === 0 || this.#isSurrounded ? least : undefined;
  }
}

import type { LocalNetworkState } from '../figures/stats.js';
import { keepNewest } from '../keep-newest.js';
import type { MeshAccess } from './access.js';
import { type ControlMessage, MAX_HASHES, MAX_LINKS } from './control.js';
import type { CreateTrackerClient, Discovery } from './discovery.js';
import type { Link } from './link.js';
import type { SignalledPeer } from './peer-connection.js';
import type { SegmentStream } from './segment-stream.js';

/** Links sought at least, and in a large mesh. As many others come to a viewer of that, so that it holds about twice as many. */
export const FEWEST_LINKS = 2;
export const TARGET_LINKS = 4;
/** Links that one takes at most in a small mesh, and the largest such, in viewers. */
const SMALL_MESH_LINKS = 6;
const SMALL_MESH = 16;
/** A connection that does not come to its hello within this is dropped, ms. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Links to helpers that a viewer holds beside the others. */
const MAX_HELPERS = 2;
/** Links of a group's viewer to those of other groups: sought, so that the mesh stays one, and held. */
const FEWEST_OUTSIDE = 1;
const MAX_OUTSIDE = 3;
/** Connections on their way to it at most; later ones are refused. Those that others offered have fewer places: who offers without end leaves room for the rest. */
const MAX_PENDING = 16;
const MAX_OFFERED = 8;
/** Viewers remembered as not to be linked again, and those of whom something bad is known. */
const MAX_BANNED = 256;
const MAX_REMEMBERED = 256;
/** A viewer whose link ended because it was silent is linked again after this at the earliest, ms: it may have lost its network for a while. */
const DISMISSED_MS = 60_000;
/** A link that gave nothing for this long may have to give its place to another viewer, ms. */
const PROBATION_MS = 30_000;
/** One at most in this time, ms. */
const REPLACE_MS = 5_000;
/** Largest number of viewers believed. */
const MAX_SWARM = 1_000_000;

/** What is loaded when it is joined. */
export type Swarm = { readonly Discovery: typeof Discovery; readonly Link: typeof Link };

export interface MeshOptions {
  /** The stream, 40 hex digits: every viewer of it announces under this. */
  readonly stream: string;
  /** The viewer's group, 40 hex digits: those of it announce under this, too, and are linked first. */
  readonly group?: string | undefined;
  readonly peerId: string;
  readonly announce: readonly string[];
  readonly iceServers: readonly RTCIceServer[];
  /** Asked for both anew before each further announce client. Default: they stay as they are. */
  readonly renew?: (() => MeshAccess | Promise<MeshAccess>) | undefined;
  /** Default false. */
  readonly relayOnly?: boolean;
  /** Default `ask`. */
  readonly localNetwork?: 'ask' | 'never' | undefined;
  /** This viewer is a helper: as many as can be are linked to it. Default false. */
  readonly helper?: boolean;
  readonly random: () => number;
  readonly now: () => number;
  /** Infohashes of the segments held whole, for a new link's hello. */
  readonly held: () => string[];
  onLink(link: Link): void;
  onLinkClosed(link: Link): void;
  onMessage(link: Link, message: ControlMessage): void;
  onStream(link: Link, stream: SegmentStream): boolean;
  onWarning(error: Error): void;
  /** The browser makes no connections. */
  onUnable(): void;
}

/**
 * Links that a viewer seeks: in a small mesh few are enough for everybody to be near, and each costs, even when nothing goes over it.
 * @param viewers of the stream
 */
export const linksSought = (viewers: number): number =>
  Math.max(FEWEST_LINKS, Math.min(TARGET_LINKS, Math.ceil(Math.log2(viewers)) - 1));

/**
 * With as many links further connections are refused; those on their way then may still open, up to `MAX_LINKS`. Among few viewers who came
 * first would else be linked to most, and give to most.
 * @param viewers of the stream
 */
const linksTaken = (viewers: number): number => (viewers > SMALL_MESH ? MAX_LINKS : SMALL_MESH_LINKS);

/** What is held against a viewer. */
type Faults = 'strikes' | 'badPieces' | 'falseHints' | 'silences';

/** The links that this viewer holds for one stream. They outlive segments and renditions. */
export class Mesh {
  /** What the page may do in the local network; undefined where nothing tells. */
  localNetwork: LocalNetworkState | undefined;
  /** Connections that were begun with other viewers and did not come up. */
  failedLinks = 0;
  readonly #links = new Map<string, Link>();
  readonly #pending = new Map<Link, ReturnType<typeof setTimeout>>();
  readonly #discoveries: Discovery[] = [];
  /** What the tracker counted in the group last. */
  #groupSwarm: number | undefined;
  /** A viewer of the own group is linked. */
  #grouped = false;
  /** What the tracker counted last; undefined before its first answer. */
  #trackerSwarm: number | undefined;
  /** Until when, ms. */
  readonly #banned = new Map<string, number>();
  #replacedAt = Number.NEGATIVE_INFINITY;
  /** What is held against viewers whose link ended: it counts when they come back. */
  readonly #records = new Map<string, Pick<Link, Faults>>();
  /** Viewers that said they are helpers. */
  readonly #helpers = new Set<string>();
  #stopped = false;

  constructor(
    private readonly options: MeshOptions,
    private readonly createClient?: CreateTrackerClient,
  ) {}

  /** Begins to look for other viewers with what was loaded for that; further calls do nothing. */
  join({ Discovery, Link }: Swarm): void {
    if (this.#discoveries.length > 0 || this.#stopped) return;
    const { options } = this;
    const { stream, group, peerId, announce, iceServers, renew, relayOnly, localNetwork } = options;
    const { random, now, onWarning, onUnable } = options;
    const look = (infoHash: string, ofGroup: boolean): void => {
      const discovery = new Discovery(
        {
          ...{
            infoHash,
            peerId,
            announce,
            iceServers,
            renew,
            relayOnly,
            localNetwork,
            random,
            now,
            onWarning,
            onUnable,
          },
          wanted: () => (ofGroup ? this.#wantedOfGroup : this.#wanted),
          welcomes: (id) => this.#takes(id, true, ofGroup) && ![...this.#pending.keys()].some((link) => link.id === id),
          onPeer: (peer) => this.#meet(peer, Link, ofGroup),
          onSwarmSize: (viewers) => {
            if (ofGroup) this.#groupSwarm = viewers;
            else this.#trackerSwarm = Math.max(1, viewers);
          },
          onLocalNetwork: (state) => {
            this.localNetwork = state;
          },
        },
        this.createClient,
      );
      this.#discoveries.push(discovery);
    };
    if (group !== undefined) look(group, true);
    look(stream, false);
  }

  get links(): ReadonlyMap<string, Link> {
    return this.#links;
  }

  get trackerMessages(): number {
    return this.#discoveries.reduce((sum, { messages }) => sum + messages, 0);
  }

  /** Viewers of the stream, this one among them: the best of the tracker's count and the links' reports. */
  get swarmSize(): number {
    let size = Math.max(this.#trackerSwarm ?? 1, this.#links.size + 1);
    for (const link of this.#links.values()) size = Math.max(size, Math.min(link.swarmSize, MAX_SWARM));
    return size;
  }

  /** Whether a tracker said that nobody else is here, and nobody came since. */
  get isAlone(): boolean {
    return this.#trackerSwarm !== undefined && this.#pending.size === 0 && this.swarmSize <= 1;
  }

  /**
   * Whether a link is asked for nothing but what the origin would be asked for: one to a helper is, and one to another group where there is any in
   * the own. A helper asks all.
   */
  standsIn({ helper, outside }: Pick<Link, 'helper' | 'outside'>): boolean {
    return !this.options.helper && (helper || (outside && this.#grouped));
  }

  isHelper(id: string): boolean {
    return this.#helpers.has(id);
  }

  /** @param to who is told; default: all */
  broadcast(message: ControlMessage, to: (link: Link) => boolean = () => true): void {
    for (const link of this.#links.values()) if (to(link)) link.send(message);
  }

  /** Ends the link to a viewer that did harm, and makes no other, or none before `until`, ms. */
  ban(id: string, until = Number.POSITIVE_INFINITY): void {
    this.#banned.delete(id);
    this.#banned.set(id, until);
    keepNewest(this.#banned, MAX_BANNED);
    this.#links.get(id)?.close();
  }

  stop(): void {
    this.#stopped = true;
    for (const discovery of this.#discoveries) discovery.stop();
    for (const link of [...this.#pending.keys(), ...this.#links.values()]) link.close();
  }

  #meet(peer: SignalledPeer, LinkTo: Swarm['Link'], ofGroup: boolean): void {
    if (!this.#takes(peer.id, !peer.initiator, ofGroup)) {
      peer.on('error', () => {});
      peer.destroy();
      return;
    }
    const { options } = this;
    if (this.#isFull(ofGroup)) this.#replacedAt = options.now();
    const link = new LinkTo(
      peer,
      options.peerId,
      () => ({
        n: Math.max(this.#trackerSwarm ?? 1, this.#links.size + 1),
        have: options.held().slice(-MAX_HASHES),
        ...(options.helper && { helper: true }),
        ...(options.group !== undefined && { group: options.group }),
      }),
      {
        onOpen: (opened) => this.#opened(opened),
        onMessage: (from, message) => options.onMessage(from, message),
        onStream: (from, stream) => options.onStream(from, stream),
        now: options.now,
        onClose: (closed) => this.#closed(closed),
      },
    );
    if (link.closed || link.open) return;
    this.#pending.set(
      link,
      setTimeout(() => link.close(), CONNECT_TIMEOUT_MS),
    );
  }

  /** Whether a connection to this viewer may begin, which it or this one has offered. */
  #takes(id: string, isOffered: boolean, ofGroup: boolean): boolean {
    const known = id === this.options.peerId || this.#links.has(id) || this.#isBanned(id);
    if (this.#stopped || known || (this.#isFull(ofGroup) && !this.#mayReplace())) return false;
    const offered = [...this.#pending.keys()].filter(({ isOffered }) => isOffered).length;
    return this.#pending.size < MAX_PENDING && !(isOffered && offered >= MAX_OFFERED);
  }

  #opened(link: Link): void {
    clearTimeout(this.#pending.get(link));
    this.#pending.delete(link);
    const twin = this.#links.get(link.id);
    link.outside = this.options.group !== undefined && link.group !== this.options.group;
    const standsIn = this.standsIn(link);
    if (!twin && !standsIn && this.#isFull(true)) this.#spare()?.close();
    const most = link.helper ? MAX_HELPERS : MAX_OUTSIDE;
    const alike = [...this.#links.values()].filter((other) => this.standsIn(other) && other.helper === link.helper);
    const crowded = this.#links.size >= MAX_LINKS || (standsIn && alike.length >= most);
    if (twin ? twin.key < link.key : crowded) {
      link.close();
      return;
    }
    if (twin) {
      for (const hash of twin.has) link.remember(link.has, hash);
      twin.close();
    }
    Object.assign(link, this.#records.get(link.id));
    this.#links.set(link.id, link);
    this.#regroup();
    if (link.helper) {
      this.#helpers.add(link.id);
      keepNewest(this.#helpers, MAX_REMEMBERED);
    }
    this.options.onLink(link);
    this.#tellLinks();
  }

  /** Those to viewers of its own kind. */
  get #own(): Link[] {
    return [...this.#links.values()].filter((link) => !this.standsIn(link));
  }

  /** Those to other groups, where there is any to the own. */
  get #outside(): number {
    return [...this.#links.values()].filter((link) => !link.helper && this.standsIn(link)).length;
  }

  #regroup(): void {
    const { group } = this.options;
    this.#grouped = group !== undefined && [...this.#links.values()].some((link) => !link.helper && !link.outside);
  }

  /** Links that are sought by the stream's id, and by the group's. */
  get #wanted(): number {
    const own = this.#own.length;
    const { helper } = this.options;
    const others = (this.#trackerSwarm ?? MAX_SWARM) - 1 - this.#links.size + own;
    if (this.#grouped && !helper) {
      const strangers = (this.#trackerSwarm ?? MAX_SWARM) - (this.#groupSwarm ?? 1);
      return Math.min(FEWEST_OUTSIDE, strangers) - this.#outside;
    }
    const wanted = Math.min(helper ? MAX_LINKS : linksSought(this.swarmSize), others) - own;
    return this.#surrounded ? Math.max(FEWEST_LINKS, wanted) : wanted;
  }

  get #wantedOfGroup(): number {
    const sought = this.options.helper ? MAX_LINKS : linksSought(this.swarmSize);
    const inside = [...this.#links.values()].filter(({ outside }) => !outside).length;
    return Math.min(sought, (this.#groupSwarm ?? MAX_SWARM) - 1) - inside;
  }

  /** @param ofGroup for a newcomer that was met by the group's id, if there is one */
  #isFull(ofGroup: boolean): boolean {
    if (this.#grouped && !ofGroup && !this.options.helper) return this.#outside >= MAX_OUTSIDE;
    return this.#own.length >= (this.options.helper ? MAX_LINKS : linksTaken(this.swarmSize));
  }

  #isBanned(id: string): boolean {
    return this.options.now() < (this.#banned.get(id) ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether a newcomer may have another one's place. */
  #mayReplace(): boolean {
    return this.options.now() - this.#replacedAt >= REPLACE_MS && this.#spare() !== undefined;
  }

  /** The links whose time has passed since they came, or gave something. */
  get #useless(): Link[] {
    const now = this.options.now();
    return this.#own.filter(({ since, gaveAt = since }) => now - gaveAt >= PROBATION_MS);
  }

  /** Nobody has given anything for long: whoever took all places may be one and the same. */
  get #surrounded(): boolean {
    if (this.options.helper) return false;
    const since = this.options.now() - PROBATION_MS;
    const gave = this.#own.some(({ gaveAt = Number.NEGATIVE_INFINITY }) => gaveAt > since);
    return !gave && this.#useless.length > 0;
  }

  /** The link that a viewer can do without: one that neither gave nor took, and where nobody gives, who took least. */
  #spare(): Link | undefined {
    const [least] = this.#useless.sort((a, b) => a.uploadedBytes - b.uploadedBytes);
    return least?.uploadedBytes === 0 || this.#surrounded ? least : undefined;
  }

  #tellLinks(): void {
    this.broadcast({ t: 'links', p: [...this.#links.keys()] });
  }

  #remember({ id, strikes, badPieces, falseHints, silences }: Link): void {
    this.#records.delete(id);
    const faults = { strikes, badPieces, falseHints, silences };
    if (strikes + badPieces + falseHints + silences > 0) this.#records.set(id, faults);
    keepNewest(this.#records, MAX_REMEMBERED);
  }

  #closed(link: Link): void {
    clearTimeout(this.#pending.get(link));
    if (this.#pending.delete(link) && !this.#stopped) this.failedLinks += 1;
    if (link.fault) this.ban(link.id, link.fault === 'silent' ? this.options.now() + DISMISSED_MS : undefined);
    if (this.#links.get(link.id) !== link) return;
    this.#links.delete(link.id);
    this.#regroup();
    this.#remember(link);
    this.options.onLinkClosed(link);
    this.#tellLinks();
  }
}

import type { LocalNetworkState } from '../figures/stats.js';
import { keepNewest } from '../keep-newest.js';
import type { MeshAccess } from './access.js';
import { type ControlMessage, MAX_HASHES } from './control.js';
import type { CreateTrackerClient, Discovery } from './discovery.js';
import type { Link } from './link.js';
import { LinkPlaces } from './link-places.js';
import type { SignalledPeer } from './peer-connection.js';
import type { SegmentStream } from './segment-stream.js';

/** A connection that does not come to its hello within this is dropped, ms. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Connections on their way to it at most; later ones are refused. Those that others offered have fewer places: who offers without end leaves room for the rest. */
const MAX_PENDING = 16;
const MAX_OFFERED = 8;
/** Viewers remembered as not to be linked again, and those of whom something bad is known. */
const MAX_BANNED = 256;
const MAX_REMEMBERED = 256;
/** A viewer whose link ended because it was silent is linked again after this at the earliest, ms: it may have lost its network for a while. */
const DISMISSED_MS = 60_000;
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

/** What is held against a viewer. */
type Faults = 'strikes' | 'badPieces' | 'falseHints' | 'silences';

/** The links that this viewer holds for one stream. They outlive segments and renditions. */
export class Mesh {
  /** What the page may do in the local network; undefined where nothing tells. */
  localNetwork: LocalNetworkState | undefined;
  /** Connections that were begun with other viewers and did not come up. */
  failedLinks = 0;
  readonly #links = new Map<string, Link>();
  readonly #places: LinkPlaces;
  readonly #pending = new Map<Link, ReturnType<typeof setTimeout>>();
  readonly #discoveries: Discovery[] = [];
  /** Until when, ms. */
  readonly #banned = new Map<string, number>();
  /** What is held against viewers whose link ended: it counts when they come back. */
  readonly #records = new Map<string, Pick<Link, Faults>>();
  /** Viewers that said they are helpers. */
  readonly #helpers = new Set<string>();
  #stopped = false;

  constructor(
    private readonly options: MeshOptions,
    private readonly createClient?: CreateTrackerClient,
  ) {
    this.#places = new LinkPlaces(options, this.#links);
  }

  /** Begins to look for other viewers with what was loaded for that; further calls do nothing. */
  join({ Discovery, Link }: Swarm): void {
    if (this.#discoveries.length > 0 || this.#stopped) return;
    const { options } = this;
    const { stream, group } = options;
    const look = (infoHash: string, ofGroup: boolean): void => {
      const discovery = new Discovery(
        {
          ...options,
          infoHash,
          wanted: () => (ofGroup ? this.#places.wantedOfGroup : this.#places.wanted),
          isLinked: (id) => this.#links.has(id),
          welcomes: (id, apart) =>
            this.#takes(id, true, ofGroup, apart) && ![...this.#pending.keys()].some((link) => link.id === id),
          onPeer: (peer, apart) => this.#meet(peer, Link, ofGroup, apart),
          onSwarmSize: (viewers) => {
            if (ofGroup) this.#places.groupSwarm = viewers;
            else this.#places.trackerSwarm = Math.max(1, viewers);
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
    return this.#places.swarmSize;
  }

  /** Whether a tracker said that nobody else is here, and nobody came since. */
  get isAlone(): boolean {
    return this.#places.trackerSwarm !== undefined && this.#pending.size === 0 && this.swarmSize <= 1;
  }

  /**
   * Whether a link is asked for nothing but what the origin would be asked for: one to a helper is, and one to another group where there is any in
   * the own. A helper asks all.
   */
  standsIn(link: Pick<Link, 'helper' | 'outside'>): boolean {
    return this.#places.standsIn(link);
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

  #meet(peer: SignalledPeer, LinkTo: Swarm['Link'], ofGroup: boolean, apart: boolean): void {
    if (!this.#takes(peer.id, !peer.initiator, ofGroup, apart)) {
      peer.on('error', () => {});
      peer.destroy();
      return;
    }
    const { options } = this;
    this.#places.take(ofGroup);
    const link = new LinkTo(
      peer,
      options.peerId,
      () => ({
        n: this.#places.counted,
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
  #takes(id: string, isOffered: boolean, ofGroup: boolean, apart: boolean): boolean {
    const known = id === this.options.peerId || this.#links.has(id) || this.#isBanned(id);
    if (this.#stopped || known || !(apart || this.#places.hasRoom(ofGroup))) return false;
    const offered = [...this.#pending.keys()].filter(({ isOffered }) => isOffered).length;
    return this.#pending.size < MAX_PENDING && !(isOffered && offered >= MAX_OFFERED);
  }

  #opened(link: Link): void {
    clearTimeout(this.#pending.get(link));
    this.#pending.delete(link);
    const twin = this.#links.get(link.id);
    link.outside = this.options.group !== undefined && link.group !== this.options.group;
    if (twin ? twin.key < link.key : !this.#places.admits(link)) {
      link.close();
      return;
    }
    if (twin) {
      for (const hash of twin.has) link.remember(link.has, hash);
      twin.close();
    }
    Object.assign(link, this.#records.get(link.id));
    this.#links.set(link.id, link);
    if (link.helper) {
      this.#helpers.add(link.id);
      keepNewest(this.#helpers, MAX_REMEMBERED);
    }
    this.options.onLink(link);
    this.#tellLinks();
  }

  #isBanned(id: string): boolean {
    return this.options.now() < (this.#banned.get(id) ?? Number.NEGATIVE_INFINITY);
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
    this.#remember(link);
    this.options.onLinkClosed(link);
    this.#tellLinks();
  }
}

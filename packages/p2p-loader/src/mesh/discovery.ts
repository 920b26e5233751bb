import type { LocalNetworkState } from '../figures/stats.js';
import { keepNewest } from '../keep-newest.js';
import { TrackerClient } from '../vendor/bittorrent-tracker.js';
import type { MeshAccess } from './access.js';
import { Announcer, type CreateTrackerClient, type TrackerAccess } from './announcer.js';
import { Allowance } from './control-budget.js';
import { hexOfBinary } from './hex.js';
import { watchLocalNetwork } from './local-network.js';
import { keepOffLocalNetwork, type SignalledPeer } from './peer-connection.js';
import { readTrackerMessage, type TrackerMessage } from './tracker-message.js';
import { usableServers } from './usable-servers.js';

export type { CreateTrackerClient } from './announcer.js';

/** bittorrent-tracker offers at most this many connections an announce. */
const MAX_OFFERS = 5;
/** Trackers that a stream is announced to: each costs a socket, and offers. */
export const MAX_TRACKERS = 4;
/** Viewers of each tracker that are remembered. */
const MAX_KNOWN = 16;
/** When the network is back, all who lost it announce within this, ms. */
const BACK_WITHIN_MS = 3_000;
/** Offers of others that become connections: at once, and a second. Each costs some ms, even one that the browser refuses. */
const OFFERS_AT_ONCE = 16;
const OFFERS_A_SECOND = 2;

export interface DiscoveryOptions extends MeshAccess {
  readonly infoHash: string;
  readonly peerId: string;
  /** Asked for the announce URLs and ICE servers anew before each further client. Default: they stay as they are. */
  readonly renew?: (() => MeshAccess | Promise<MeshAccess>) | undefined;
  /** No other than relayed connections (`iceTransportPolicy`, W3C WebRTC §4.2.1). Default false. */
  readonly relayOnly?: boolean | undefined;
  /** Whether addresses of the local network are offered and taken. Default `ask`. */
  readonly localNetwork?: 'ask' | 'never' | undefined;
  readonly random: () => number;
  /** How many links are to be offered now; none where enough are there. */
  readonly wanted: () => number;
  readonly now: () => number;
  /** Whether there is a link to this viewer, 40 hex digits. */
  isLinked(peerId: string): boolean;
  /** Whether a connection that this viewer offers would be taken. @param apart no other viewer of its tracker is linked */
  welcomes(peerId: string, apart: boolean): boolean;
  onPeer(peer: SignalledPeer, apart: boolean): void;
  /** Viewers that a tracker counts, this one among them: of several, the one that counts most. */
  onSwarmSize(viewers: number): void;
  onWarning(error: Error): void;
  /** What the page may do in the local network, where the browser or the site tells. */
  onLocalNetwork(state: LocalNetworkState): void;
  /** The browser makes no connections, as a warning has said. */
  onUnable(): void;
}

/** Finds other viewers of one stream through WebTorrent trackers: one announce to each, then few. */
export class Discovery {
  readonly #announcers: Announcer[] = [];
  /** What each tracker counted last, and who is known to be there. */
  readonly #counts: number[] = [];
  readonly #known: Set<string>[] = [];
  /** Of what was warned. */
  readonly #refused = new Set<string>();
  readonly #endWatch: (() => void) | undefined;
  readonly #offers: Allowance;
  readonly #isBack = (): void => {
    clearTimeout(this.#back);
    this.#back = setTimeout(() => {
      for (const announcer of this.#announcers) announcer.again();
    }, BACK_WITHIN_MS * this.options.random());
  };
  #back: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    private readonly options: DiscoveryOptions,
    newClient: CreateTrackerClient = (clientOptions) => new TrackerClient(clientOptions),
    private readonly network: Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>> = globalThis,
  ) {
    this.#offers = new Allowance(OFFERS_A_SECOND, OFFERS_AT_ONCE, options.now());
    const { infoHash, peerId, announce, random, onWarning } = options;
    if (!this.#configure(options.iceServers)) {
      options.onUnable();
      return;
    }
    const isKeptOff = options.localNetwork === 'never';
    if (isKeptOff) options.onLocalNetwork('never');
    else this.#endWatch = watchLocalNetwork(options.onLocalNetwork);
    network.addEventListener?.('online', this.#isBack);
    for (const index of announce.slice(0, MAX_TRACKERS).keys()) {
      let first = true;
      this.#known.push(new Set());
      const createClient: CreateTrackerClient = (clientOptions) => {
        const readMessage = (text: string): TrackerMessage => this.#read(text, index);
        const client = Object.assign(newClient(clientOptions), { readMessage });
        if (isKeptOff) keepOffLocalNetwork(client);
        return client;
      };
      const access = (): TrackerAccess | undefined | Promise<TrackerAccess | undefined> => {
        const given = first ? options : (options.renew?.() ?? options);
        first = false;
        return given instanceof Promise
          ? given.then((got) => this.#accessOf(got, index))
          : this.#accessOf(given, index);
      };
      this.#announcers.push(
        new Announcer({
          ...{ infoHash, peerId, random, createClient, onWarning, access },
          renews: options.renew !== undefined,
          onPeer: (peer) => {
            const apart = this.#isApart(index);
            this.#note(peer.id, index);
            options.onPeer(peer, apart);
          },
          onSwarmSize: (viewers) => {
            this.#counts[index] = viewers;
            options.onSwarmSize(Math.max(...this.#counts.filter((_, i) => this.#announcers[i]?.alive ?? true)));
          },
          numwant: () => Math.max(this.#numwant(), this.#isApart(index) ? 1 : 0),
          seeks: () => options.wanted() > 0,
        }),
      );
    }
  }

  /** Announces and answers sent. */
  get messages(): number {
    return this.#announcers.reduce((sum, { messages }) => sum + messages, 0);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#endWatch?.();
    clearTimeout(this.#back);
    this.network.removeEventListener?.('online', this.#isBack);
    for (const announcer of this.#announcers) announcer.stop();
  }

  /** A tracker's message, without the offer in it where that would come to nothing: the client makes a connection for each. */
  #read(text: string, index: number): TrackerMessage {
    const { offer, ...message } = readTrackerMessage(text);
    if (!offer) return message;
    const id = hexOfBinary(message.peer_id ?? '');
    const isWelcome = this.options.welcomes(id, this.#isApart(index));
    this.#note(id, index);
    return isWelcome && this.#offers.spend(1, this.options.now()) ? { ...message, offer } : message;
  }

  /** A viewer that announces to this tracker. */
  #note(id: string, index: number): void {
    const known = this.#known[index];
    known?.delete(id);
    known?.add(id);
    if (known) keepNewest(known, MAX_KNOWN);
  }

  /** Others announce to this tracker, and none of them is linked: who announces to it only, and who does to others only, would be two meshes. */
  #isApart(index: number): boolean {
    if (this.#known.length < 2 || (this.#counts[index] ?? 1) < 2) return false;
    return ![...(this.#known[index] ?? [])].some((id) => this.options.isLinked(id));
  }

  /** What is wanted, shared among the trackers that answer. */
  #numwant(): number {
    const dead = this.#announcers.filter(({ alive }) => !alive).length;
    const alive = Math.max(1, Math.min(MAX_TRACKERS, this.options.announce.length) - dead);
    return Math.max(0, Math.min(MAX_OFFERS, Math.ceil(this.options.wanted() / alive)));
  }

  #accessOf({ announce, iceServers }: MeshAccess, index: number): TrackerAccess | undefined {
    const url = announce[index];
    const rtcConfig = url === undefined ? undefined : this.#configure(iceServers);
    return url !== undefined && rtcConfig ? { url, rtcConfig } : undefined;
  }

  #configure(iceServers: readonly RTCIceServer[]): RTCConfiguration | undefined {
    const all: RTCConfiguration = { iceServers: [...iceServers] };
    return usableServers(this.options.relayOnly ? { ...all, iceTransportPolicy: 'relay' } : all, (error) => {
      if (!this.#refused.has(error.message)) this.options.onWarning(error);
      this.#refused.add(error.message);
    });
  }
}

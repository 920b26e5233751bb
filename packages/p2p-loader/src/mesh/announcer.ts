import type { TrackerClient } from '../vendor/bittorrent-tracker.js';
import { ALL_LINKED } from './link-places.js';
import type { SignalledPeer } from './peer-connection.js';

/** Announce interval while more links are wanted, ms. */
const SEEK_INTERVAL_MS = 20_000;
/** Announce interval once there are enough, ms. */
const IDLE_INTERVAL_MS = 60_000;
/** An announce unanswered for this long means the tracker is gone, ms. So does a site's function without an answer. */
const ANSWER_TIMEOUT_MS = 10_000;
/** The client is then replaced after this, doubling up to the second, plus as much again at random, ms. */
const MIN_REPLACE_MS = 10_000;
const MAX_REPLACE_MS = 160_000;
/** A client whose URL and ICE servers come from functions is replaced after this, ms: what they gave may expire. */
const RENEW_MS = 30 * 60_000;
/** Longer than any session: announces are made by the timers here only. */
const NEVER_MS = 2 ** 31 - 1;

export type CreateTrackerClient = (options: ConstructorParameters<typeof TrackerClient>[0]) => TrackerClient;

/** What one client is made with. */
export interface TrackerAccess {
  /** Announce URL. */
  readonly url: string;
  readonly rtcConfig: RTCConfiguration;
}

export interface AnnouncerOptions {
  readonly infoHash: string;
  readonly peerId: string;
  readonly random: () => number;
  /** Called for each client; it has announced nothing when this returns. */
  readonly createClient: CreateTrackerClient;
  /** Asked before each client is made; undefined: there is no such tracker now. */
  readonly access: () => TrackerAccess | undefined | Promise<TrackerAccess | undefined>;
  /** Whether what `access` gives may expire. */
  readonly renews: boolean;
  /** Connections to offer in an announce. */
  readonly numwant: () => number;
  /** Whether it is worth to announce more often. */
  readonly seeks: () => boolean;
  onPeer(peer: SignalledPeer): void;
  onSwarmSize(viewers: number): void;
  onWarning(error: Error): void;
}

/** ms until a tracker is tried again that did not answer `failures` times before. Jittered: all viewers lost it at once. */
export function replaceDelay(failures: number, u: number): number {
  return Math.min(MAX_REPLACE_MS, MIN_REPLACE_MS * 2 ** failures) * (1 + u);
}

/** Announces one stream to one tracker, for as long as it is not stopped. What others do does not concern it. */
export class Announcer {
  /** Announces and answers sent. */
  messages = 0;
  #client: TrackerClient | undefined;
  #failures = 0;
  #attempt = 0;
  /** Connections that the first announce of this client offered, until it is answered: only the answer tells how many are wanted. */
  #offered: number | undefined;
  #nextTimer: ReturnType<typeof setTimeout> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: AnnouncerOptions) {
    this.#connect();
  }

  /** It has answered, or may still answer for the first time. */
  get alive(): boolean {
    return this.#failures === 0;
  }

  /** The network is back: whatever connection there was may be none any more, and what waits to be tried again is tried now. */
  again(): void {
    this.#failures = 0;
    this.#connect();
  }

  stop(): void {
    const client = this.#client;
    if (client) {
      client.stop({ left: 1 });
      this.messages += 1;
    }
    this.#disconnect();
  }

  #connect(): void {
    this.#disconnect();
    const attempt = this.#attempt;
    const open = (access: TrackerAccess | undefined): void => {
      if (attempt !== this.#attempt) return;
      if (access) this.#open(access);
      else this.#replace();
    };
    const fail = (error: unknown): void => {
      if (attempt !== this.#attempt) return;
      this.options.onWarning(error instanceof Error ? error : new Error(String(error)));
      this.#replace();
    };
    this.#answerTimer = setTimeout(() => this.#replace(), ANSWER_TIMEOUT_MS);
    try {
      const access = this.options.access();
      if (access instanceof Promise) access.then(open).catch(fail);
      else open(access);
    } catch (error) {
      fail(error);
    }
  }

  #open({ url, rtcConfig }: TrackerAccess): void {
    const { options } = this;
    const { infoHash, peerId } = options;
    const client = options.createClient({ infoHash, peerId, announce: [url], port: 1, rtcConfig });
    this.#client = client;
    client.on('error', (error) => options.onWarning(error));
    client.on('warning', (error) => options.onWarning(error));
    client.on('lost', () => {
      if (this.#client === client) this.#replace();
    });
    client.on('update', ({ complete, incomplete }) => {
      if (this.#client !== client) return;
      clearTimeout(this.#answerTimer);
      this.#failures = 0;
      client.setInterval(NEVER_MS);
      const viewers = complete + incomplete;
      options.onSwarmSize(viewers);
      this.#offerRest(viewers);
    });
    client.on('peer', (peer) => {
      if (!peer.initiator) this.messages += 1;
      options.onPeer(peer);
    });
    if (options.renews) {
      this.#renewTimer = setTimeout(() => this.#connect(), RENEW_MS * (0.9 + 0.2 * options.random()));
    }
    this.#offered = options.numwant();
    client.start({ numwant: this.#offered, left: 1 });
    client.setInterval(NEVER_MS);
    this.#announced();
  }

  #offerRest(viewers: number): void {
    const wanted = this.options.numwant();
    const offered = this.#offered ?? wanted;
    this.#offered = undefined;
    // Of few the tracker may choose those again that were offered one.
    if (wanted > offered) this.#announce(viewers > ALL_LINKED ? wanted - offered : wanted);
  }

  #announce(numwant: number): void {
    this.#client?.update({ numwant, left: 1 });
    this.#announced();
  }

  #announced(): void {
    this.messages += 1;
    clearTimeout(this.#nextTimer);
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#replace(), ANSWER_TIMEOUT_MS);
    this.#nextTimer = setTimeout(
      () => this.#announce(this.options.numwant()),
      (this.options.seeks() ? SEEK_INTERVAL_MS : IDLE_INTERVAL_MS) * (0.9 + 0.2 * this.options.random()),
    );
  }

  /** The tracker is gone, or does not answer: it is tried again later, with another client. */
  #replace(): void {
    this.#disconnect();
    this.#nextTimer = setTimeout(() => this.#connect(), replaceDelay(this.#failures, this.options.random()));
    this.#failures += 1;
  }

  #disconnect(): void {
    this.#attempt += 1;
    clearTimeout(this.#nextTimer);
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#renewTimer);
    this.#client?.destroy();
    this.#client = undefined;
  }
}

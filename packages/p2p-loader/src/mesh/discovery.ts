import { TrackerClient } from '../vendor/bittorrent-tracker.js';
import type { SignalledPeer } from './peer-connection.js';

/** Announce interval while more links are wanted, ms. */
const SEEK_INTERVAL_MS = 20_000;
/** Announce interval once there are enough, ms. */
const IDLE_INTERVAL_MS = 60_000;
/** An announce unanswered for this long means the tracker is gone, ms. */
const ANSWER_TIMEOUT_MS = 10_000;
/** The client is then replaced after this long plus as much again at random, ms (its own reconnect waits minutes). */
const REPLACE_MS = 10_000;
/** bittorrent-tracker offers at most this many connections an announce. */
const MAX_OFFERS = 5;
/** Longer than any session: announces are made by the timers here only. */
const NEVER_MS = 2 ** 31 - 1;

export interface DiscoveryOptions {
  readonly infoHash: string;
  readonly peerId: string;
  readonly announce: readonly string[];
  readonly iceServers: readonly RTCIceServer[];
  readonly random: () => number;
  /** How many more links are wanted now. */
  readonly wanted: () => number;
  onPeer(peer: SignalledPeer): void;
  /** Viewers that the tracker counts, this one among them. */
  onSwarmSize(viewers: number): void;
  onWarning(error: Error): void;
}

/** Finds other viewers of one stream through WebTorrent trackers: one announce, then few. */
export class Discovery {
  /** Announces and answers sent. */
  messages = 0;
  #client: TrackerClient | undefined;
  #announceTimer: ReturnType<typeof setTimeout> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(private readonly options: DiscoveryOptions) {
    this.#connect();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#clearTimers();
    this.#client?.stop({ left: 1 });
    this.messages += 1;
    this.#client?.destroy();
    this.#client = undefined;
  }

  #connect(): void {
    const { infoHash, peerId, announce, iceServers } = this.options;
    const client = new TrackerClient({
      infoHash,
      peerId,
      announce: [...announce],
      port: 1,
      rtcConfig: { iceServers: [...iceServers] },
    });
    this.#client = client;
    client.on('error', (error) => this.options.onWarning(error));
    client.on('warning', (error) => this.options.onWarning(error));
    client.on('update', ({ complete, incomplete }) => {
      if (this.#client !== client) return;
      clearTimeout(this.#answerTimer);
      client.setInterval(NEVER_MS);
      this.options.onSwarmSize(complete + incomplete);
    });
    client.on('peer', (peer) => {
      if (!peer.initiator) this.messages += 1;
      this.options.onPeer(peer);
    });
    const numwant = this.#numwant();
    client.start({ numwant, left: 1 });
    client.setInterval(NEVER_MS);
    this.#announced();
  }

  #numwant(): number {
    return Math.max(0, Math.min(MAX_OFFERS, this.options.wanted()));
  }

  #announced(): void {
    this.messages += 1;
    this.#clearTimers();
    this.#answerTimer = setTimeout(() => this.#replace(), ANSWER_TIMEOUT_MS);
    this.#announceTimer = setTimeout(
      () => {
        this.#client?.update({ numwant: this.#numwant(), left: 1 });
        this.#announced();
      },
      (this.options.wanted() > 0 ? SEEK_INTERVAL_MS : IDLE_INTERVAL_MS) * (0.9 + 0.2 * this.options.random()),
    );
  }

  #replace(): void {
    this.#clearTimers();
    this.#client?.destroy();
    this.#client = undefined;
    this.#announceTimer = setTimeout(() => this.#connect(), REPLACE_MS * (1 + this.options.random()));
  }

  #clearTimers(): void {
    clearTimeout(this.#announceTimer);
    clearTimeout(this.#answerTimer);
  }
}

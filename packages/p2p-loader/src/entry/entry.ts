import type { Playback } from '../schedule/playback.js';
import type { Torrents } from '../segment/torrents.js';
import { afterFirstFrame } from './first-frame.js';
import { type Swarm, SwarmLoader } from './load-swarm.js';

/** The mesh is joined at the latest after this, ms. */
const JOIN_TIMEOUT_MS = 1_500;

/** When the mesh is joined, and segments become torrents: once the player shows its first frame, or else after a while. */
export class Entry {
  readonly #swarm: SwarmLoader;
  #torrents: Torrents | undefined;
  /** Set with the first segment. */
  #cancelJoin: (() => void) | undefined;

  constructor(
    peerId: string,
    private readonly playback: Pick<Playback, 'media'>,
    onJoin: (swarm: Swarm) => void,
    onError: (error: Error) => void,
  ) {
    this.#swarm = new SwarmLoader((swarm) => {
      this.#torrents = new swarm.Torrents(peerId, onError);
      onJoin(swarm);
    }, onError);
    this.#swarm.start(JOIN_TIMEOUT_MS);
  }

  /** Undefined until it is loaded. */
  get torrents(): Torrents | undefined {
    return this.#torrents;
  }

  /** The player has a segment. */
  segmentHere(): void {
    this.#swarm.prepare();
    this.#cancelJoin ??= afterFirstFrame(this.playback.media, () => this.#swarm.start());
  }

  /** Before the segments go: nothing begins any more. */
  stop(): void {
    this.#swarm.stop();
    this.#cancelJoin?.();
  }

  /** After the segments are gone. */
  destroy(): void {
    this.#torrents?.destroy();
  }
}

import type { PeerConnection } from './peer-connection.js';

/** How soon it is looked again how a connection goes after it has come up, and at most how often later, ms. */
const LOOK_AFTER_MS = [2_000, 8_000];
const LOOK_EVERY_MS = 60_000;

/** How a connection goes. A browser may go over to a better path, mostly within seconds. */
export class PathWatch {
  #path: RTCIceCandidateType | undefined;
  #looks = 0;
  #lookAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly connection: Pick<PeerConnection, 'path'>,
    private readonly now: () => number,
  ) {}

  /** Undefined until the browser has told. To ask for it looks anew where that is due. */
  get path(): RTCIceCandidateType | undefined {
    this.look();
    return this.#path;
  }

  look(): void {
    const now = this.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + (LOOK_AFTER_MS[this.#looks++] ?? LOOK_EVERY_MS);
    this.connection.path().then((path) => {
      this.#path = path ?? this.#path;
    });
  }

  stop(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
  }
}

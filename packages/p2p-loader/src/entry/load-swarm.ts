export type Swarm = typeof import('../swarm.js');

/** Where it did not load, it is tried again after this, ms. */
const RETRY_MS = 60_000;

/** Loads the bundle beside this one that exchanges segments with other viewers; in the classic script it is here already. */
export class SwarmLoader {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<Swarm> | undefined;
  #state: 'waiting' | 'begun' | 'stopped' = 'waiting';

  constructor(
    private readonly onLoaded: (swarm: Swarm) => void,
    /** A site has not put it there, or one of another version, or its server does not answer. */
    private readonly onFailed: (error: Error) => void,
    private readonly load: () => Promise<Swarm> = () => import('../swarm.js'),
  ) {}

  /** Loads it without making use of it yet. */
  prepare(): void {
    if (this.#state === 'waiting') this.#loaded().catch(() => {});
  }

  /**
   * Does nothing once it has begun.
   * @param delay ms until it begins, unless this is called again before
   */
  start(delay = 0): void {
    if (this.#state !== 'waiting') return;
    clearTimeout(this.#timer);
    if (delay > 0) this.#timer = setTimeout(() => this.start(), delay);
    else this.#begin();
  }

  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
  }

  #begin(): void {
    this.#state = 'begun';
    this.#loaded()
      .then((swarm) => {
        if (this.#state === 'begun') this.onLoaded(swarm);
      })
      .catch((error) => this.#failed(error));
  }

  #loaded(): Promise<Swarm> {
    this.#loading ??= this.load();
    return this.#loading;
  }

  #failed(error: unknown): void {
    if (this.#state === 'stopped') return;
    this.#loading = undefined;
    this.#timer = setTimeout(() => this.#begin(), RETRY_MS);
    this.onFailed(new Error(`swarm.js, which belongs beside the p2p-loader's module, did not load: ${error}`));
  }
}

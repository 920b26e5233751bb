import { createP2PLoader, type P2PLoader, type P2PLoaderOptions } from '../../../packages/p2p-loader/src/index.js';
import type { LiveStream } from './live-stream.js';

/** Segments behind the live edge at which a player begins. */
const BEHIND = 3;

/** What a player had. */
export interface Watched {
  readonly played: number;
  readonly wrong: number;
  /** How long it had nothing to play, ms. */
  readonly stalled: number;
}

/** An honest viewer: the real loader, and a player of the simplest kind, which asks for one segment after another. */
export class NodeViewer {
  readonly loader: P2PLoader;
  played = 0;
  wrong = 0;
  stalled = 0;
  #next: number | undefined;
  #playsUntil: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #stopped = false;

  constructor(
    private readonly live: LiveStream,
    options: P2PLoaderOptions = {},
  ) {
    this.loader = createP2PLoader({ announce: [live.announce()], environment: { fetch: live.fetch }, ...options });
  }

  async start(): Promise<void> {
    await this.loader.start();
    const reload = (): void => {
      this.loader.playlist(this.live.url, this.live.playlist());
      void this.#load();
    };
    reload();
    this.#timer = setInterval(reload, this.live.duration / 2);
  }

  get watched(): Watched {
    const { played, wrong, stalled } = this;
    return { played, wrong, stalled };
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.loader.stop();
  }

  async #load(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (;;) {
      const { listed } = this.live;
      this.#next ??= (listed.at(-BEHIND) ?? listed[0])?.n;
      const segment = listed.find(({ n }) => n === this.#next);
      if (!segment || this.#stopped) break;
      this.#next = segment.n + 1;
      const found = this.loader.request(segment.url, undefined);
      const bytes = await (found ? found.then(({ bytes }) => bytes.copy()) : this.#direct(segment.url)).catch(() =>
        this.#direct(segment.url),
      );
      if (this.#stopped) break;
      this.played += 1;
      if (Buffer.compare(bytes, segment.bytes) !== 0) this.wrong += 1;
      this.#given();
    }
    this.#busy = false;
  }

  async #direct(url: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.live.fetch(url)).arrayBuffer());
  }

  #given(): void {
    const now = performance.now();
    this.stalled += Math.max(0, now - (this.#playsUntil ?? now));
    this.#playsUntil = Math.max(now, this.#playsUntil ?? now) + this.live.duration;
  }
}

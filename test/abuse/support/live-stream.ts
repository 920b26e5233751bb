import { createServer } from 'node:http';
import { formatMagnet } from '@live-torrent/manifest-magnetizer';
import { createInfo } from '@live-torrent/manifest-magnetizer/info';
import { createTracker } from '@live-torrent/tracker';
import { type Served, serve } from '../../../harness/serve.mjs';
import { randomId } from '../../../packages/p2p-loader/src/mesh/hex.js';

/** One segment of a stream that is made up as it goes. */
export interface LiveSegment {
  readonly n: number;
  readonly url: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly infoHash: string;
  readonly info: Uint8Array;
}

export interface LiveStreamOptions {
  /** s. */
  readonly duration?: number;
  /** Bytes of a segment. */
  readonly bytes?: number;
  /** Segments listed at a time. */
  readonly window?: number;
  /** From a request to the origin to its answer, ms. */
  readonly latency?: number;
}

const ORIGIN = 'https://origin.example/';

/** A live stream in memory, with an origin that counts what it gives, and a real tracker. */
export class LiveStream {
  readonly stream = randomId();
  readonly url = `${ORIGIN}live.m3u8`;
  readonly duration: number;
  /** Bytes of segments that the origin gave. */
  originBytes = 0;
  readonly #segments: LiveSegment[] = [];
  readonly #options: Required<LiveStreamOptions>;
  readonly #tracker = createTracker({ streams: [] });
  #served: Served | undefined;
  #announce = '';
  #visitors = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: LiveStreamOptions) {
    this.#options = { duration: 1, bytes: 200_000, window: 8, latency: 30, ...options };
    this.duration = this.#options.duration * 1000;
  }

  static async start(options: LiveStreamOptions = {}): Promise<LiveStream> {
    const live = new LiveStream(options);
    live.#tracker.allow(live.stream);
    const server = createServer().on('upgrade', (...args) => live.#tracker.upgrade(...args));
    live.#served = await serve(server);
    live.#announce = `ws://127.0.0.1:${live.#served.port}/announce`;
    for (let n = 0; n < live.#options.window; n++) await live.#make();
    let made = Promise.resolve();
    live.#timer = setInterval(() => {
      made = made.then(() => live.#make());
    }, live.duration);
    return live;
  }

  async #make(): Promise<void> {
    const n = this.#segments.length;
    const seed = Math.floor(Math.random() * 2 ** 31);
    const bytes = Uint8Array.from({ length: this.#options.bytes }, (_, i) => Math.imul(i + seed, 2_654_435_761) >>> 24);
    const { info, infoHash } = await createInfo(bytes);
    this.#segments.push({ n, url: `${ORIGIN}${n}.ts`, bytes, infoHash, info });
  }

  /** A tracker's URL that nobody else has: clients in one process would share the connection to it. */
  announce(): string {
    this.#visitors += 1;
    return `${this.#announce}?${this.#visitors}`;
  }

  get listed(): readonly LiveSegment[] {
    return this.#segments.slice(-this.#options.window);
  }

  get all(): readonly LiveSegment[] {
    return this.#segments;
  }

  playlist(): string {
    const { listed } = this;
    return [
      '#EXTM3U',
      `###live-torrent:?v=1&stream=${this.stream}&tr=${encodeURIComponent(this.#announce)}`,
      `#EXT-X-TARGETDURATION:${Math.ceil(this.#options.duration)}`,
      `#EXT-X-MEDIA-SEQUENCE:${listed[0]?.n ?? 0}`,
      ...listed.flatMap(({ bytes: { length }, infoHash, info, n }) => [
        `#EXTINF:${this.#options.duration.toFixed(3)},`,
        `###${formatMagnet({ infoHash, length, info })}`,
        `${n}.ts`,
      ]),
      '',
    ].join('\n');
  }

  /** The origin, as `fetch` has it. */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const segment = this.#segments.find((each) => each.url === url.href.replace(url.hash, ''));
    await new Promise((resolve) => setTimeout(resolve, this.#options.latency));
    init?.signal?.throwIfAborted();
    if (!segment) return new Response(null, { status: 404 });
    this.originBytes += segment.bytes.byteLength;
    return new Response(segment.bytes.slice(), { headers: { 'Content-Type': 'video/mp2t' } });
  };

  get viewers(): number {
    return this.#tracker.stats.peers;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#tracker.close();
    void this.#served?.close();
  }
}

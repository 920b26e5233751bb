import { absoluteUrl } from '../playlists/absolute-url.js';
import type { ByteRange, SegmentBytes, SegmentProgress, SegmentSource } from '../segment-source.js';
import { createBaseLoader } from './base-loader.js';
import type { HlsClock } from './clock.js';
import { playerRequest } from './player-request.js';
import type { PlaylistReader } from './playlist-reader.js';
import { finishedTiming, liveTiming, TransferWatch } from './transfer-watch.js';
import type {
  HlsConfigLike,
  HlsFragmentContext,
  HlsLoader,
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderStats,
} from './types.js';

/** A load that the segment source answers. */
interface Running<Context extends HlsLoaderContext> {
  readonly context: Context;
  readonly config: HlsLoaderConfiguration;
  readonly callbacks: HlsLoaderCallbacks<Context>;
  /** Ends the source's request. */
  readonly abort: AbortController;
  readonly timers: (() => void)[];
  readonly watch: TransferWatch;
  /** When hls.js asked, ms. */
  readonly requested: number;
}

/**
 * hls.js's `fLoader`: Media Segments of the source come from it, everything else, and all that the source fails to give, from
 * the configured loader as if this one were not there.
 */
export class FragmentLoader<Context extends HlsFragmentContext> implements HlsLoader<Context> {
  context: Context | null = null;
  /** The configured loader's own, so that hls.js holds one object whichever of the two answers. */
  readonly stats: HlsLoaderStats;
  readonly #source: SegmentSource;
  readonly #playlists: PlaylistReader;
  readonly #clock: HlsClock;
  readonly #base: HlsLoader<Context>;
  #running: Running<Context> | undefined;
  #baseLoads = false;

  constructor(source: SegmentSource, playlists: PlaylistReader, clock: HlsClock, config: HlsConfigLike) {
    this.#source = source;
    this.#playlists = playlists;
    this.#clock = clock;
    this.#base = createBaseLoader(config);
    this.stats = this.#base.stats;
  }

  load(context: Context, config: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<Context>): void {
    this.context = context;
    const abort = new AbortController();
    const watch = new TransferWatch((context.part ?? context.frag).duration * 1000);
    const running = { context, config, callbacks, abort, watch, timers: [], requested: this.#clock.now() };
    this.#running = running;
    const bytes = this.#request(running);
    if (!bytes) {
      this.#running = undefined;
      this.#loadFromBase(context, config, callbacks);
      return;
    }
    this.stats.loading = liveTiming(watch, this.#clock.now);
    this.#setTimers(running);
    bytes.then(
      (segment) => this.#running === running && this.#succeed(running, segment),
      () => this.#running === running && this.#fallBack(running),
    );
  }

  abort(): void {
    const running = this.#running;
    if (running) {
      this.#giveUp(running);
      running.callbacks.onAbort?.(this.stats, running.context, null);
    } else if (this.#baseLoads) this.#base.abort();
  }

  destroy(): void {
    if (this.#running) this.#giveUp(this.#running);
    this.context = null;
    this.#base.destroy();
  }

  getCacheAge(): number | null {
    return this.#base.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#base.getResponseHeader?.(name) ?? null;
  }

  #request(running: Running<Context>): Promise<SegmentBytes> | undefined {
    const { frag, part } = running.context;
    // Media Initialization Sections have no magnets.
    if (frag.sn === 'initSegment') return undefined;
    // The playlist's URL, not the context's, to which query parameters may have been added (CMCD).
    const url = absoluteUrl((part ?? frag).url || running.context.url);
    if (url === undefined) return undefined;
    this.#playlists.read();
    return this.#source.request(url, byteRangeOf(running.context), {
      signal: running.abort.signal,
      origin: playerRequest(this.#base, running.context),
      onProgress: (progress) => this.#progress(running, progress),
    });
  }

  #progress(running: Running<Context>, progress: SegmentProgress): void {
    if (this.#running !== running) return;
    running.watch.progress(progress, this.#clock.now());
    this.stats.loaded = running.watch.loaded;
    this.stats.total = progress.total;
  }

  /** hls.js's own bounds: without a first byte in time the network is asked, the whole may take as long as it allows. */
  #setTimers(running: Running<Context>): void {
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = running.config.loadPolicy;
    const after = (ms: number, task: () => void): void => {
      if (Number.isFinite(ms) && ms > 0) running.timers.push(this.#clock.schedule(task, ms));
    };
    after(maxTimeToFirstByteMs, () => {
      if (running.watch.loaded === 0) this.#fallBack(running);
    });
    after(maxLoadTimeMs, () => {
      this.#giveUp(running);
      running.callbacks.onTimeout(this.stats, running.context, null);
    });
  }

  #succeed(running: Running<Context>, { bytes, timing }: SegmentBytes): void {
    const { context, callbacks, requested } = running;
    this.#end(running);
    const stats = this.stats;
    stats.loaded = stats.total = bytes.length;
    stats.loading = finishedTiming(timing, requested, this.#clock.now());
    // hls.js transfers it to its transmuxing worker.
    const data = bytes.copy().buffer;
    callbacks.onProgress?.(stats, context, data, null);
    callbacks.onSuccess({ url: context.url, data, code: 200 }, stats, context, null);
  }

  #fallBack(running: Running<Context>): void {
    this.#end(running);
    running.abort.abort();
    this.#loadFromBase(running.context, running.config, running.callbacks);
  }

  #loadFromBase(context: Context, config: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<Context>): void {
    this.#baseLoads = true;
    // As new: a loader takes one load, and what was waited before is not the network's time.
    this.stats.loading = { start: 0, first: 0, end: 0 };
    this.stats.loaded = this.stats.total = 0;
    this.#base.load(context, config, callbacks);
  }

  #giveUp(running: Running<Context>): void {
    const now = this.#clock.now();
    this.stats.loading = { start: running.watch.startAt(now), first: running.watch.firstAt(now), end: 0 };
    this.stats.aborted = true;
    this.#end(running);
    running.abort.abort();
  }

  #end(running: Running<Context>): void {
    this.#running = undefined;
    for (const cancel of running.timers) cancel();
  }
}

function byteRangeOf({ rangeStart = 0, rangeEnd = 0 }: HlsLoaderContext): ByteRange | undefined {
  return rangeEnd > 0 ? { offset: rangeStart, length: rangeEnd - rangeStart } : undefined;
}

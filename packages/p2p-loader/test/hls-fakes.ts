import type { HlsClock } from '../src/hls/clock.js';
import { Estimates } from '../src/hls/estimates.js';
import { hlsConfig } from '../src/hls/hls-config.js';
import type {
  HlsFragmentContext,
  HlsLoader,
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderStats,
} from '../src/hls/types.js';
import type { SegmentSource } from '../src/segment-source.js';

/** A clock that only moves when it is told to. */
export class FakeClock implements HlsClock {
  time = 10_000;
  #timers: { readonly task: () => void; readonly at: number }[] = [];

  readonly now = (): number => this.time;

  readonly schedule = (task: () => void, ms: number): (() => void) => {
    const timer = { task, at: this.time + ms };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  get timers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = next.at;
      next.task();
    }
    this.time = end;
  }
}

/** What hls.js's own loaders start with (its `loader/load-stats.ts`). */
const loadStats = (): HlsLoaderStats => ({
  aborted: false,
  loaded: 0,
  retry: 0,
  total: 0,
  chunkCount: 0,
  bwEstimate: 0,
  loading: { start: 0, first: 0, end: 0 },
  parsing: { start: 0, end: 0 },
  buffering: { start: 0, first: 0, end: 0 },
});

/** The loader that hls.js is configured with; like its own, one takes one load, and loses its fields when destroyed. */
export class BaseLoader implements HlsLoader<HlsLoaderContext> {
  static made: BaseLoader[] = [];
  context: HlsLoaderContext | null = null;
  stats = loadStats();
  callbacks: HlsLoaderCallbacks<HlsLoaderContext> | undefined;
  aborted = 0;
  destroyed = 0;

  constructor(readonly config: unknown) {
    BaseLoader.made.push(this);
  }

  load(context: HlsLoaderContext, _: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<HlsLoaderContext>): void {
    if (this.stats.loading.start) throw new Error('Loader can only be used once.');
    this.stats.loading.start = 1;
    this.context = context;
    this.callbacks = callbacks;
  }

  abort(): void {
    this.aborted += 1;
    if (this.context) this.callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.destroyed += 1;
    this.callbacks = undefined;
    this.stats = null as unknown as HlsLoaderStats;
  }

  getCacheAge = (): number => 7;
  getResponseHeader = (name: string): string => `header ${name}`;
}

export const URL_A = 'https://cdn.example/a.ts';

export const fragment = (fields: Partial<HlsFragmentContext> = {}): HlsFragmentContext => ({
  url: URL_A,
  responseType: 'arraybuffer',
  rangeStart: 0,
  rangeEnd: 0,
  frag: { sn: 1, url: URL_A, duration: 4 },
  part: null,
  ...fields,
});

/** hls.js's defaults for fragments. */
const POLICY: HlsLoaderConfiguration = { loadPolicy: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000 } };

/** A `fLoader` as hls.js would use it, with everything that it is told, in order. */
export function fragmentLoader(source: SegmentSource, context = fragment()) {
  const clock = new FakeClock();
  BaseLoader.made = [];
  const loader = new (hlsConfig(source, new Estimates(), clock).fLoader)<HlsFragmentContext>({ loader: BaseLoader });
  const base = BaseLoader.made[0] as BaseLoader;
  const { stats } = loader;
  const told: unknown[][] = [];
  const load = (): void =>
    loader.load(context, POLICY, {
      onSuccess: (response, ofStats, ofContext, details) =>
        told.push(['success', response, ofStats, ofContext, details]),
      onError: (error) => told.push(['error', error]),
      onTimeout: (ofStats) => told.push(['timeout', ofStats]),
      onAbort: (ofStats) => told.push(['abort', ofStats]),
      onProgress: (ofStats, _, data) => told.push(['progress', ofStats, data]),
    });
  return { loader, base, stats, told, clock, load, context };
}

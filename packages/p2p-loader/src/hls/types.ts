/**
 * What is used of hls.js 1.7's loader interface (its `types/loader.ts` and `config.ts`), so that our own types do not need
 * hls.js to be installed. Times are `performance.now()`'s, ms; sizes are bytes.
 */

export interface HlsTiming {
  start: number;
  end: number;
}

export interface HlsProgressiveTiming extends HlsTiming {
  first: number;
}

export interface HlsLoaderStats {
  aborted: boolean;
  loaded: number;
  retry: number;
  total: number;
  chunkCount: number;
  bwEstimate: number;
  loading: HlsProgressiveTiming;
  parsing: HlsTiming;
  buffering: HlsProgressiveTiming;
}

export interface HlsLoaderContext {
  url: string;
  responseType: string;
  /** First byte's offset. */
  rangeStart?: number;
  /** Offset after the last byte; 0 without range. */
  rangeEnd?: number;
}

export interface HlsFragmentContext extends HlsLoaderContext {
  readonly frag: { readonly sn: number | 'initSegment'; readonly url: string; readonly duration: number };
  /** A Partial Segment (EXT-X-PART). */
  readonly part: { readonly url: string; readonly duration: number } | null;
}

export interface HlsLoaderConfiguration {
  loadPolicy: { maxTimeToFirstByteMs: number; maxLoadTimeMs: number };
}

export interface HlsLoaderResponse {
  url: string;
  data?: string | ArrayBuffer | object;
  code?: number;
  text?: string;
}

export type HlsNetworkDetails = Response | XMLHttpRequest | null;

export interface HlsLoaderCallbacks<Context extends HlsLoaderContext> {
  onSuccess(response: HlsLoaderResponse, stats: HlsLoaderStats, context: Context, details: HlsNetworkDetails): void;
  onError(
    error: { code: number; text: string },
    context: Context,
    details: HlsNetworkDetails,
    stats: HlsLoaderStats,
  ): void;
  onTimeout(stats: HlsLoaderStats, context: Context, details: HlsNetworkDetails): void;
  onAbort?(stats: HlsLoaderStats, context: Context, details: HlsNetworkDetails): void;
  onProgress?(stats: HlsLoaderStats, context: Context, data: string | ArrayBuffer, details: HlsNetworkDetails): void;
}

export interface HlsLoader<Context extends HlsLoaderContext> {
  context: Context | null;
  stats: HlsLoaderStats;
  load(context: Context, config: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<Context>): void;
  abort(): void;
  destroy(): void;
  getCacheAge?: () => number | null;
  getResponseHeader?: (name: string) => string | null;
}

/** hls.js's configuration as its loaders get it; `loader` is the one for everything. */
export interface HlsConfigLike {
  readonly loader: new (config: never) => HlsLoader<HlsLoaderContext>;
}

/** Of hls.js's `AbrComponentAPI`. */
export interface HlsAbrController {
  /** Since hls.js 1.4. @param abrEwmaDefaultEstimate bit/s */
  resetEstimator?(abrEwmaDefaultEstimate: number): void;
}

/** A player, as hls.js hands it to the controllers that it makes. */
export interface HlsLike {
  /** bit/s */
  readonly bandwidthEstimate: number;
  on(event: 'hlsDestroying', listener: () => void): void;
  readonly constructor: {
    readonly DefaultConfig: { readonly abrController: new (hls: HlsLike) => HlsAbrController };
  };
}

// biome-ignore lint/suspicious/noExplicitAny: hls.js's own types of these are classes with private members.
type OfHlsJs = any;

/** What `hlsConfig()` returns: settings for the constructor of `Hls`. */
export interface HlsLoaderSettings {
  readonly pLoader: new <Context extends HlsLoaderContext>(config: HlsConfigLike) => HlsLoader<Context>;
  readonly fLoader: new <Context extends HlsFragmentContext>(config: HlsConfigLike) => HlsLoader<Context>;
  /** hls.js's own, whose estimate begins anew with what the line carries where a crowded start has left it far too low. */
  readonly abrController: new (
    hls: OfHlsJs,
  ) => OfHlsJs;
}

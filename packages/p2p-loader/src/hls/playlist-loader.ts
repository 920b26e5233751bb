import type { SegmentSource } from '../segment-source.js';
import { absoluteUrl } from './absolute-url.js';
import { createBaseLoader } from './base-loader.js';
import type {
  HlsConfigLike,
  HlsLoader,
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderResponse,
  HlsLoaderStats,
} from './types.js';

/** hls.js's `pLoader`: the configured loader, which also shows each playlist to the segment source. */
export class PlaylistLoader<Context extends HlsLoaderContext> implements HlsLoader<Context> {
  readonly #source: SegmentSource;
  readonly #base: HlsLoader<Context>;

  constructor(source: SegmentSource, config: HlsConfigLike) {
    this.#source = source;
    this.#base = createBaseLoader(config);
  }

  get stats(): HlsLoaderStats {
    return this.#base.stats;
  }

  get context(): Context | null {
    return this.#base.context;
  }

  load(context: Context, config: HlsLoaderConfiguration, callbacks: HlsLoaderCallbacks<Context>): void {
    this.#base.load(context, config, {
      ...callbacks,
      onSuccess: (response, stats, ofContext, details) => {
        try {
          // First, so that the source knows the segments that hls.js asks for as soon as it has the playlist.
          this.#show(response, context);
        } finally {
          callbacks.onSuccess(response, stats, ofContext, details);
        }
      },
    });
  }

  abort(): void {
    this.#base.abort();
  }

  destroy(): void {
    this.#base.destroy();
  }

  getCacheAge(): number | null {
    return this.#base.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#base.getResponseHeader?.(name) ?? null;
  }

  #show({ url, data }: HlsLoaderResponse, context: Context): void {
    // Like hls.js: some loaders do not tell the URL after redirects.
    const from = absoluteUrl(url && !url.startsWith('data:') ? url : context.url);
    if (from !== undefined && typeof data === 'string') this.#source.playlist(from, data);
  }
}

import { absoluteUrl } from '../playlists/absolute-url.js';
import { createBaseLoader } from './base-loader.js';
import type { PlaylistReader } from './playlist-reader.js';
import type {
  HlsConfigLike,
  HlsLoader,
  HlsLoaderCallbacks,
  HlsLoaderConfiguration,
  HlsLoaderContext,
  HlsLoaderResponse,
  HlsLoaderStats,
} from './types.js';

/** hls.js's `pLoader`: the configured loader, which also notes each playlist for the segment source. */
export class PlaylistLoader<Context extends HlsLoaderContext> implements HlsLoader<Context> {
  readonly #reader: PlaylistReader;
  readonly #base: HlsLoader<Context>;

  constructor(reader: PlaylistReader, config: HlsConfigLike) {
    this.#reader = reader;
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
        this.#note(response, context);
        try {
          callbacks.onSuccess(response, stats, ofContext, details);
        } finally {
          this.#reader.read();
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

  #note({ url, data }: HlsLoaderResponse, context: Context): void {
    // Like hls.js: some loaders do not tell the URL after redirects.
    const from = absoluteUrl(url && !url.startsWith('data:') ? url : context.url);
    if (from !== undefined && typeof data === 'string') this.#reader.add(from, data, absoluteUrl(context.url) ?? from);
  }
}

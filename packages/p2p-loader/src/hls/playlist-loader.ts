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

/**
 * hls.js's `pLoader`: the configured loader, which also notes each playlist for the segment source, and gives reloads to hls.js when the source
 * says so.
 */
export class PlaylistLoader<Context extends HlsLoaderContext> implements HlsLoader<Context> {
  readonly #reader: PlaylistReader;
  readonly #base: HlsLoader<Context>;
  /** hls.js takes nothing of it any more. */
  #ended = false;

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
        const give = (): void => {
          if (this.#ended) return;
          try {
            callbacks.onSuccess(response, stats, ofContext, details);
          } finally {
            this.#reader.read();
          }
        };
        let held: Promise<void> | undefined;
        try {
          held = this.#note(response, context);
        } finally {
          if (held) held.then(give);
          else give();
        }
      },
    });
  }

  abort(): void {
    this.#ended = true;
    this.#base.abort();
  }

  destroy(): void {
    this.#ended = true;
    this.#base.destroy();
  }

  getCacheAge(): number | null {
    return this.#base.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#base.getResponseHeader?.(name) ?? null;
  }

  /** Resolves when hls.js may be given it; undefined: now. */
  #note({ url, data }: HlsLoaderResponse, context: Context): Promise<void> | undefined {
    // Like hls.js: some loaders do not tell the URL after redirects.
    const from = absoluteUrl(url && !url.startsWith('data:') ? url : context.url);
    if (from === undefined || typeof data !== 'string') return undefined;
    const requested = absoluteUrl(context.url) ?? from;
    this.#reader.add(from, data, requested);
    return this.#reader.readAgain(requested);
  }
}

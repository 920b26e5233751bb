import type { SegmentSource } from '../segment-source.js';
import { type HlsClock, pageClock } from './clock.js';
import { FragmentLoader } from './fragment-loader.js';
import { PlaylistLoader } from './playlist-loader.js';
import { PlaylistReader } from './playlist-reader.js';
import type { HlsConfigLike, HlsFragmentContext, HlsLoaderContext, HlsLoaderSettings } from './types.js';

/**
 * Settings that make hls.js load Media Segments from `source`, without a service worker.
 * @example const hls = new Hls({ ...hlsConfig(source) });
 */
export function hlsConfig(source: SegmentSource, clock: HlsClock = pageClock): HlsLoaderSettings {
  const playlists = new PlaylistReader(source);
  return {
    pLoader: class<Context extends HlsLoaderContext> extends PlaylistLoader<Context> {
      constructor(config: HlsConfigLike) {
        super(playlists, config);
      }
    },
    fLoader: class<Context extends HlsFragmentContext> extends FragmentLoader<Context> {
      constructor(config: HlsConfigLike) {
        super(source, playlists, clock, config);
      }
    },
  };
}

import type { SegmentSource } from '../segment-source.js';
import { type HlsClock, pageClock } from './clock.js';
import type { Estimates } from './estimates.js';
import { FragmentLoader } from './fragment-loader.js';
import { PlaylistLoader } from './playlist-loader.js';
import { PlaylistReader } from './playlist-reader.js';
import type { HlsConfigLike, HlsFragmentContext, HlsLike, HlsLoaderContext, HlsLoaderSettings } from './types.js';

/**
 * Settings that make hls.js load Media Segments from `source`, without a service worker.
 * @param estimates of the players that are made with it
 */
export function hlsConfig(source: SegmentSource, estimates: Estimates, clock: HlsClock = pageClock): HlsLoaderSettings {
  const playlists = new PlaylistReader(source);
  return {
    abrController: class {
      constructor(hls: HlsLike) {
        // biome-ignore lint/correctness/noConstructorReturn: it is a controller of the player's class.
        return estimates.controllerOf(hls);
      }
    },
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

import { P2PLoader } from './loader.js';
import type { P2PLoaderOptions } from './options.js';

export type {
  LinkDetail,
  LoaderEventMap,
  LoaderEvents,
  PartDetail,
  SegmentDetail,
  ShadowDetail,
  WarningDetail,
} from './figures/events.js';
export type { DisabledReason, LinkStats, LoaderStats, ShadowStats, UploadPausedReason } from './figures/stats.js';
export type { P2PLoader } from './loader.js';
export {
  DEFAULT_ICE_SERVERS,
  type LoaderEnvironment,
  type P2PLoaderOptions,
  type Participation,
  type ReportOptions,
  type Role,
} from './options.js';
export { OriginError } from './origin/origin-fetch.js';
export type { SegmentOrigin } from './segment-source.js';

/**
 * Makes the loader of one player. It does nothing before `start()`.
 *
 * @example
 * const loader = createP2PLoader({ serviceWorker: navigator.serviceWorker });
 * await loader.start();
 * loader.attachMedia(video);
 */
export function createP2PLoader(options: P2PLoaderOptions = {}): P2PLoader {
  return new P2PLoader(options);
}

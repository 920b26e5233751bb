import type { ViewingOptions } from './options.js';
import type { ViewerStats } from './stats.js';

/** To the process that views. */
export type ToViewing =
  | { readonly t: 'start'; readonly options: ViewingOptions }
  | { readonly t: 'stop' }
  /** The answer to `announce`; undefined: there is none now. */
  | { readonly t: 'announce'; readonly id: number; readonly urls: readonly string[] | undefined };

/** From it. */
export type FromViewing =
  | { readonly t: 'stats'; readonly viewers: readonly ViewerStats[]; readonly memory: number; readonly cpu: number }
  | { readonly t: 'warning'; readonly message: string }
  /** Which trackers there are now is asked. */
  | { readonly t: 'announce'; readonly id: number }
  /** It cannot be done, and will not be by trying again. */
  | { readonly t: 'failed'; readonly message: string }
  /** All playlists have ended, or it was told to stop; nothing comes after this. */
  | { readonly t: 'ended' };

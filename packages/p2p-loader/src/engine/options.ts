import type { StreamOptions } from '../entry/stream-options.js';
import type { Counters } from '../figures/accounting.js';
import type { PartDetail } from '../figures/events.js';
import type { OriginRequestOf } from '../segment-source.js';

/** What an engine is given of the loader. */
export interface EngineOptions extends StreamOptions {
  readonly maxCacheBytes: number;
  readonly originRequest: OriginRequestOf;
  readonly counters: Counters;
  onPart(detail: PartDetail): void;
}

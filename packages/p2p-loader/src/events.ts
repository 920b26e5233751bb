import type { SegmentOrigin } from './segment-source.js';

/** `segment`: the player was given a segment. */
export interface SegmentDetail {
  readonly url: string;
  readonly infoHash: string;
  /** The segment's length, bytes. */
  readonly bytes: number;
  readonly peerBytes: number;
  readonly originBytes: number;
  readonly source: SegmentOrigin;
  /** From the player's request to the last verified byte, ms. */
  readonly ms: number;
}

/** `link`: a connection to another viewer opened or closed. */
export interface LinkDetail {
  /** The other viewer's peer id. */
  readonly id: string;
  readonly state: 'open' | 'closed';
}

/** `warning`: something went wrong that the loader plays on with. */
export interface WarningDetail {
  readonly error: Error;
}

export interface LoaderEventMap {
  segment: CustomEvent<SegmentDetail>;
  link: CustomEvent<LinkDetail>;
  /** `stats.enabled` or `stats.reason` changed. */
  statechange: CustomEvent<undefined>;
  warning: CustomEvent<WarningDetail>;
}

import type { SegmentOrigin } from '../segment-source.js';

/** `segment`: the player was given a segment. */
export interface SegmentDetail {
  readonly url: string;
  readonly infoHash: string;
  /** The segment's length, bytes. */
  readonly bytes: number;
  readonly peerBytes: number;
  /** From helpers; `peerBytes` has none of it. */
  readonly helperBytes: number;
  readonly originBytes: number;
  readonly source: SegmentOrigin;
  /** How long it plays, ms. */
  readonly duration: number;
  /** From the player's request to the last verified byte, ms. */
  readonly ms: number;
}

/** `part`: the player was given a Partial Segment of Low-Latency HLS. */
export interface PartDetail {
  readonly url: string;
  /** Its length, bytes. */
  readonly bytes: number;
  readonly source: SegmentOrigin;
  /** From the player's request to the last byte, ms. */
  readonly ms: number;
}

/** `link`: a connection to another viewer opened or closed. */
export interface LinkDetail {
  /** The other viewer's peer id. */
  readonly id: string;
  readonly state: 'open' | 'closed';
}

/** `shadow`: in shadow mode, a segment would have come from there. */
export interface ShadowDetail {
  readonly url: string;
  readonly infoHash: string;
  /** The segment's length, bytes. */
  readonly bytes: number;
  readonly source: 'peers' | 'origin';
}

/** `warning`: something went wrong that the loader plays on with. */
export interface WarningDetail {
  readonly error: Error;
}

export interface LoaderEventMap {
  segment: CustomEvent<SegmentDetail>;
  part: CustomEvent<PartDetail>;
  link: CustomEvent<LinkDetail>;
  /** `stats.enabled` or `stats.reason` changed. */
  statechange: CustomEvent<undefined>;
  shadow: CustomEvent<ShadowDetail>;
  warning: CustomEvent<WarningDetail>;
}

/** An EventTarget whose listeners know what they get. */
export class LoaderEvents extends EventTarget {
  override addEventListener<K extends keyof LoaderEventMap>(
    type: K,
    listener: (event: LoaderEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    // biome-ignore lint/suspicious/noExplicitAny: the implementation of the two typed overloads above
    listener: any,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  protected emit<K extends keyof LoaderEventMap>(type: K, detail: LoaderEventMap[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

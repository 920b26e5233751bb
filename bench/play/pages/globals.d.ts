import type Hls from 'hls.js';

/** What a delivery counts. */
export interface Counts {
  peerBytes: number;
  originBytes: number;
  uploadedBytes: number;
  links: number;
  /** With the loader only. */
  readonly torrents?: number;
  readonly cachedBytes?: number;
}

/** A viewer of a row, as the bench carries it to another one. */
export interface Introduction extends RTCSessionDescriptionInit {
  /** Its number along the row, with leading zeros. */
  readonly id?: string;
}

/** How the bench itself links two viewers. */
export interface Wiring {
  offer(isNext: boolean): Promise<Introduction>;
  answer(offer: Introduction, isNext: boolean): Promise<Introduction>;
  accept(answer: Introduction): Promise<void>;
}

/** What a viewer of the bench records. */
export interface Bench {
  /** From the start of navigation, ms: what a delivery loads is part of its start-up. */
  firstFrame: number | undefined;
  /** When all scripts had been loaded, likewise. */
  loaded: number | undefined;
  stalls: number;
  stalledMs: number;
  arrivals: [sn: number, level: number, at: number, bytes: number][];
  /** When the viewer's own playlist first named a segment, by level/Media Sequence Number. */
  listed: Map<string, number>;
  /** hls.js's estimates in bit/s, and the level that was loaded. */
  estimates: [at: number, bitsPerSecond: number, level: number][];
  switches: [at: number, level: number][];
  /** Times at which hls.js gave a segment up as too slow for its rung. */
  emergencies: number[];
  errors: string[];
  /** Seconds behind what the origin makes at the moment, where that is watched. */
  latencies?: number[];
  stats(): Counts;
  wiring?: Wiring;
}

declare global {
  /** Of a page of the bench. */
  var bench: Bench;
  /** Its player. */
  var hls: Hls;
  /** Timers that run, where they are counted. */
  var timers: number;
  /** Of a page that is watched for it: from the start of navigation, ms. */
  var firstFrame: number | undefined;
}

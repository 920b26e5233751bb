import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MagnetizerStats } from '@live-torrent/manifest-magnetizer';

/** A request on its way through the server. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The request's URL, with the scheme and authority that the client used. */
  readonly url: URL;
}

/** What the server plays: a folder or an upstream. */
export interface Source {
  /** @throws {Failure} naming the folder or URL when there is nothing to play. */
  start(): Promise<void>;
  /** Answers a GET or HEAD of one of its own paths; false, untouched, for any other. */
  handle(exchange: Exchange): Promise<boolean>;
  /** Origins besides our own that a viewer on a page of `pageOrigin` fetches segments from. */
  segmentOrigins(pageOrigin: string): Promise<readonly string[]>;
  /** What was hashed so far; undefined before there is anything to hash. */
  readonly magnetized: MagnetizerStats | undefined;
  close(): void | Promise<void>;
}

/** What each source needs of the server. */
export interface SourceContext {
  readonly counters: Counters;
  readonly log: Log;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Steady clock, ms. */
  readonly clock: () => number;
  /** The announce URLs for a viewer who came by this URL. */
  readonly announce: (viewer: URL) => readonly string[];
  /** Those are other ones for each host that a request names: whoever asks chooses, so no cache may give a playlist to others. */
  readonly byHost: boolean;
  /** Gets each stream that viewers meet under, 40 hex digits. */
  readonly onStream: (stream: string) => void;
}

/** Figures of /stats.json, counted by whoever does the thing. */
export interface Counters {
  /** Playlists sent to viewers. */
  playlists: number;
  /** Payload bytes of segments read from the upstream, for hashing or serving. */
  upstreamBytesRead: number;
  /** Requests for segments that viewers sent here. */
  segmentRequests: number;
  /** Payload bytes of segments sent to viewers. */
  segmentBytesServed: number;
  /** Requests to the upstream that failed. */
  upstreamErrors: number;
}

export function createCounters(): Counters {
  return {
    playlists: 0,
    upstreamBytesRead: 0,
    segmentRequests: 0,
    segmentBytesServed: 0,
    upstreamErrors: 0,
  };
}

/** Lines for the operator. */
export interface Log {
  info(line: string): void;
  warn(line: string): void;
  /** A manifest as viewers get it, for `--verbose`. */
  manifest(url: string, text: string): void;
}

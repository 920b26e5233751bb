import { setTimeout as sleep } from 'node:timers/promises';
import type { PlayedSegment, Stall } from './probes.js';
import type { WatchedPage } from './watched-page.js';

/** Segments around a stall that it names. */
const AROUND = { before: 4, after: 2 };

/** A stall, and what tells why it was. */
export interface ObservedStall extends Stall {
  /** When the player got the segments before and after its beginning, ms from then: `#12: -1900`. */
  readonly segments: readonly string[];
}

/** What one viewer did during an observation. */
export interface Observation {
  /** Media played, s. */
  readonly played: number;
  /** Those that began, or went on, meanwhile. */
  readonly stalls: readonly ObservedStall[];
  /** Payload bytes from other viewers, and from the origin. */
  readonly peerBytes: number;
  readonly originBytes: number;
  /** Segments that the player got. */
  readonly segments: readonly PlayedSegment[];
  /** WebSocket messages that the page sent; `undefined` where the browser does not tell. */
  readonly messagesSent: number | undefined;
}

async function look(viewer: WatchedPage) {
  const [playback, stats, segments, now] = await Promise.all([
    viewer.playback(),
    viewer.stats(),
    viewer.segments(),
    viewer.evaluate(() => performance.now()),
  ]);
  return { playback, stats, segments, now, messages: viewer.messagesSent };
}

/** Watches all viewers at once for a while, ms, during which `meanwhile` is done. */
export async function observe(
  viewers: readonly WatchedPage[],
  duration: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Observation[]> {
  const before = await Promise.all(viewers.map(look));
  await Promise.all([sleep(duration), meanwhile()]);
  const after = await Promise.all(viewers.map(look));
  return after.map(({ playback, stats, segments, messages }, i) => {
    const start = before[i] as (typeof before)[number];
    return {
      played: playback.currentTime - start.playback.currentTime,
      stalls: playback.stalls
        .filter(({ at, duration: lasted }) => at + lasted > start.now)
        .map((stall) => ({ ...stall, segments: around(stall, segments) })),
      peerBytes: stats.peerBytes - start.stats.peerBytes,
      originBytes: stats.originBytes - start.stats.originBytes,
      segments: segments.slice(start.segments.length),
      messagesSent: messages === undefined ? undefined : messages - (start.messages ?? 0),
    };
  });
}

function around({ at: stood }: Stall, segments: readonly PlayedSegment[]): string[] {
  const since = segments.map(({ mediaSequence, at }) => ({ mediaSequence, at: Math.round(at - stood) }));
  const before = since.filter(({ at }) => at <= 0).slice(-AROUND.before);
  const after = since.filter(({ at }) => at > 0).slice(0, AROUND.after);
  return [...before, ...after].map(({ mediaSequence, at }) => `#${mediaSequence}: ${at}`);
}

/** The share, 0 to 1, of all viewers' bytes that came from other viewers. */
export function peerShare(observations: readonly Observation[]): number {
  const peers = observations.reduce((sum, { peerBytes }) => sum + peerBytes, 0);
  return peers / observations.reduce((sum, { originBytes }) => sum + originBytes, peers);
}

/** Length, bytes, of all different segments that some player got. */
export function distinctBytes(observations: readonly Observation[]): number {
  const lengths = new Map(
    observations.flatMap(({ segments }) => segments).map(({ sha256, length }) => [sha256, length]),
  );
  return [...lengths.values()].reduce((sum, length) => sum + length, 0);
}

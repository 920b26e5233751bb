import type { FeedSite } from './feeds-site.js';
import { waitFor } from './poll.js';
import type { PlayedSegment, Stall } from './probes.js';
import type { Viewer } from './viewer.js';

/** What one viewer did since the exchange began. */
export interface Exchanged {
  /** Media played, s. */
  readonly played: number;
  readonly stalls: readonly Stall[];
  /** The share, 0 to 1, of its payload bytes that came from the other viewer. */
  readonly share: number;
  readonly segments: readonly PlayedSegment[];
  /** Fatal errors of hls.js since the page was opened. */
  readonly fatal: readonly string[];
}

export interface Exchange {
  readonly viewers: readonly Exchanged[];
  /** Bytes that the origin sent to browsers for segments, over the bytes of the different segments that they got. */
  readonly copies: number;
}

export interface ExchangeGoal {
  /** Paths of Media Segments. */
  readonly paths: RegExp;
  /** Segments that each player gets at least. */
  readonly segments: number;
  /** Share of its bytes, 0 to 1, that each viewer has from the other at least. */
  readonly share: number;
  /** ms; default 75,000. */
  readonly timeout?: number;
  /** Done before the figures are looked at. */
  readonly meanwhile?: () => Promise<void>;
}

/**
 * Watches two viewers from now on, until both have got the segments, and the share of them from each other.
 * @throws Error with the figures, when that takes too long
 */
export async function exchange(site: FeedSite, viewers: readonly Viewer[], goal: ExchangeGoal): Promise<Exchange> {
  const start = await Promise.all(viewers.map(look));
  const sent = site.origin.sent(goal.paths).browsers.bytes;
  let seen: Exchange = { viewers: [], copies: 0 };
  const reached = async (): Promise<boolean> => {
    const now = await Promise.all(viewers.map(look));
    const exchanged = now.map((end, i) => difference(start[i] as Look, end));
    const distinct = new Map(exchanged.flatMap(({ segments }) => segments).map((s) => [s.sha256, s.length]));
    const bytes = [...distinct.values()].reduce((sum, length) => sum + length, 0);
    seen = { viewers: exchanged, copies: (site.origin.sent(goal.paths).browsers.bytes - sent) / bytes };
    return exchanged.every(({ share, segments }) => share >= goal.share && segments.length >= goal.segments);
  };
  await goal.meanwhile?.();
  try {
    await waitFor('the exchange', reached, { timeout: goal.timeout ?? 75_000, interval: 500 });
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${figures(seen)}`);
  }
  return seen;
}

/** An exchange in one line. */
export function figures({ viewers, copies }: Exchange): string {
  const each = viewers.map(
    ({ share, segments, played, stalls, fatal }) =>
      `${segments.length} segments, ${(100 * share).toFixed()} % from peers, ${played.toFixed(1)} s played, ${stalls.length} stalls, ${fatal.length} fatal errors`,
  );
  return `${each.join('; ')}; ${copies.toFixed(2)} copies`;
}

/** Each goes once where nobody was, and once where the other one is. */
export async function followEachOther([a, b]: readonly [Viewer, Viewer]): Promise<void> {
  for (const [leader, follower, to] of [
    [b, a, 80],
    [a, b, 160],
  ] as const) {
    await seek(leader, to, 16);
    await seek(follower, to, 16);
  }
}

/** Seeks, and waits until that plays and the player has `ahead` seconds more. */
export async function seek(viewer: Viewer, to: number, ahead: number): Promise<void> {
  await viewer.page.evaluate((time) => {
    const video = document.querySelector('video');
    if (video) video.currentTime = time;
  }, to);
  await waitFor(
    `play at ${to} s`,
    async () => {
      const now = await viewer.playback();
      return now.currentTime > to + 0.5 && now.currentTime < to + 30 && now.ahead >= ahead;
    },
    { timeout: 40_000 },
  );
}

type Look = Awaited<ReturnType<typeof look>>;

async function look(viewer: Viewer) {
  const [playback, { peerBytes, originBytes }, segments, { now, fatal }] = await Promise.all([
    viewer.playback(),
    viewer.stats(),
    viewer.segments(),
    viewer.page.evaluate(() => ({ now: performance.now(), fatal: globalThis.fatal })),
  ]);
  return { playback, peerBytes, originBytes, segments, now, fatal };
}

function difference(start: Look, end: Look): Exchanged {
  const peers = end.peerBytes - start.peerBytes;
  const all = peers + end.originBytes - start.originBytes;
  return {
    played: end.playback.currentTime - start.playback.currentTime,
    stalls: end.playback.stalls.filter(({ at, duration }) => at + duration > start.now),
    share: all > 0 ? peers / all : 0,
    segments: end.segments.slice(start.segments.length),
    fatal: end.fatal,
  };
}

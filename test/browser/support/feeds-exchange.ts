import { waitFor } from '../../../harness/poll.mjs';
import type { FeedSite } from './feeds-site.js';
import type { PlayedSegment, Stall } from './probes.js';
import type { Viewer } from './viewer.js';

/** What one viewer did since the exchange began. */
export interface Exchanged {
  /** Media played, s. */
  readonly played: number;
  readonly stalls: readonly Stall[];
  /** Payload bytes from the other viewer, and from the origin. */
  readonly peerBytes: number;
  readonly originBytes: number;
  readonly segments: readonly PlayedSegment[];
  /** Fatal errors of hls.js since the page was opened. */
  readonly fatal: readonly string[];
}

export interface Exchange {
  readonly viewers: readonly Exchanged[];
  /** The share, 0 to 1, of the payload bytes of all that came from viewers. */
  readonly share: number;
  /** Bytes that the origin sent to browsers for segments, over the bytes of the different segments that they got. */
  readonly copies: number;
}

export interface ExchangeGoal {
  /** Paths of Media Segments. */
  readonly paths: RegExp;
  /** Segments that each player gets at least. */
  readonly segments: number;
  /** Share of the bytes of all, 0 to 1, that comes from viewers at least; half is the most that two can have. */
  readonly share: number;
  /** ms; default 75,000. */
  readonly timeout?: number;
  /** Done before the figures are looked at. */
  readonly meanwhile?: () => Promise<void>;
}

/** The share, 0 to 1, of payload bytes that came from viewers. */
export function shareOf(viewers: readonly Pick<Exchanged, 'peerBytes' | 'originBytes'>[]): number {
  const peers = viewers.reduce((sum, { peerBytes }) => sum + peerBytes, 0);
  return peers / viewers.reduce((sum, { originBytes }) => sum + originBytes, peers) || 0;
}

/**
 * Watches two viewers from now on, until both have got the segments, each some of them from the other, and all that share of them.
 * @throws Error with the figures, when that takes too long
 */
export async function exchange(site: FeedSite, viewers: readonly Viewer[], goal: ExchangeGoal): Promise<Exchange> {
  const start = await Promise.all(viewers.map(look));
  const sent = site.origin.sent(goal.paths).browsers.bytes;
  let seen: Exchange = { viewers: [], share: 0, copies: 0 };
  const reached = async (): Promise<boolean> => {
    const now = await Promise.all(viewers.map(look));
    const exchanged = now.map((end, i) => difference(start[i] as Look, end));
    const distinct = new Map(exchanged.flatMap(({ segments }) => segments).map((s) => [s.sha256, s.length]));
    const bytes = [...distinct.values()].reduce((sum, length) => sum + length, 0);
    const copies = (site.origin.sent(goal.paths).browsers.bytes - sent) / bytes;
    seen = { viewers: exchanged, share: shareOf(exchanged), copies };
    return (
      seen.share >= goal.share &&
      exchanged.every(
        ({ peerBytes, segments }) => segments.length >= goal.segments && (peerBytes > 0 || goal.share === 0),
      )
    );
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
export function figures({ viewers, share, copies }: Exchange): string {
  const percent = (part: number): string => `${(100 * part).toFixed()} %`;
  const each = viewers.map((viewer) => {
    const { segments, played, stalls, fatal } = viewer;
    return `${segments.length} segments, ${percent(shareOf([viewer]))}, ${played.toFixed(1)} s played, ${stalls.length} stalls, ${fatal.length} fatal errors`;
  });
  return `${percent(share)} from peers, ${copies.toFixed(2)} copies (${each.join('; ')})`;
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
  let seen = '';
  const reached = async (): Promise<boolean> => {
    const now = await viewer.playback();
    seen = `plays at ${now.currentTime.toFixed(1)} s, ${now.ahead.toFixed(1)} s ahead`;
    return now.currentTime > to + 0.5 && now.currentTime < to + 40 && now.ahead >= ahead;
  };
  await waitFor(`play at ${to} s`, reached, { timeout: 40_000 }).catch((error: Error) => {
    throw new Error(`${error.message}: ${seen}`);
  });
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
  return {
    played: end.playback.currentTime - start.playback.currentTime,
    stalls: end.playback.stalls.filter(({ at, duration }) => at + duration > start.now),
    peerBytes: end.peerBytes - start.peerBytes,
    originBytes: end.originBytes - start.originBytes,
    segments: end.segments.slice(start.segments.length),
    fatal: end.fatal,
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../harness/poll.mjs';
import type { Viewer } from '../../browser/support/viewer.js';
import type { Row } from './row.js';
import type { Seat, Stage } from './stage.js';

/** What the viewers went through. */
export interface Verdict {
  /** URLs of segments that a player of the mesh got with other bytes than the feed's, and how many the plain one got. */
  readonly wrong: readonly string[];
  readonly plainWrong: number;
  /** Time that play stood still, s: the worst viewer of the mesh, and the plain player. */
  readonly stalled: number;
  readonly plainStalled: number;
  /** Segments' bytes that the viewers' origins sent, over the bytes of the different segments that they got. */
  readonly copies: number;
  /** From the end of the fault until all exchange again, s; undefined where they never did. */
  readonly whole: number | undefined;
  /** Uncaught errors in the pages. */
  readonly uncaught: readonly string[];
  /** What the row has to say, and promises of its own that were broken. */
  readonly seen: string | undefined;
  readonly broken: readonly string[];
}

/** How long the mesh is waited for, s. */
const PATIENCE = 60;
/** Ordinary play before and after, ms: the copies of a moment are not those of a while. */
const ORDINARY_MS = 3_000;

interface Mark {
  /** This page's time, ms. */
  readonly now: number;
  readonly segments: number;
  readonly errors: number;
}

async function mark(viewer: Viewer): Promise<Mark> {
  const [now, segments] = await Promise.all([viewer.evaluate(() => performance.now()), viewer.segments()]);
  return { now, segments: segments.length, errors: viewer.errors.length };
}

/** Plays the row on the stage, and tells what came of it. */
export async function judge(stage: Stage, row: Row): Promise<Verdict> {
  const seats: readonly Seat[] = [...stage.seats, stage.plain];
  const marks = new Map<Viewer, Mark>();
  for (const { viewer } of seats) marks.set(viewer, await mark(viewer));
  const sent = bytesOf(stage.seats);
  await sleep(ORDINARY_MS);
  const played = await row.play(stage);
  const { seen, broken } = typeof played === 'object' ? played : { seen: played, broken: [] };
  const over = Date.now();
  const whole = await stage.whole(PATIENCE * 1_000).then(
    () => (Date.now() - over) / 1_000,
    async (error: Error) => {
      const stats = await Promise.all(stage.viewers.map((viewer) => viewer.stats().catch(() => 'no answer')));
      console.info(`not whole: ${error.message}`, JSON.stringify(stats));
      return undefined;
    },
  );
  await playsAgain(stage.plain.viewer);
  await sleep(ORDINARY_MS);
  const all = await Promise.all(seats.map((seat) => since(stage, seat, marks.get(seat.viewer))));
  const [plain, ours] = [all.at(-1), all.slice(0, -1)];
  const lengths = new Map(ours.flatMap(({ got }) => got));
  const distinct = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  return {
    wrong: ours.flatMap(({ wrong }) => wrong),
    plainWrong: plain?.wrong.length ?? 0,
    stalled: Math.max(...ours.map(({ stalled }) => stalled)),
    plainStalled: plain?.stalled ?? 0,
    copies: (bytesOf(stage.seats) - sent) / distinct,
    whole,
    uncaught: ours.flatMap(({ uncaught }) => uncaught),
    seen,
    broken,
  };
}

function bytesOf(seats: readonly Seat[]): number {
  return seats.reduce((sum, { front }) => sum + front.segmentBytes, 0);
}

async function playsAgain(viewer: Viewer): Promise<void> {
  const { currentTime } = await viewer.playback();
  const plays = async (): Promise<boolean> => (await viewer.playback()).currentTime > currentTime + 0.5;
  await waitFor('the plain player', plays, { timeout: PATIENCE * 1_000 }).catch(() => undefined);
}

async function since(stage: Stage, { viewer }: Seat, before: Mark = { now: 0, segments: 0, errors: 0 }) {
  const [{ stalls }, segments] = await Promise.all([viewer.playback(), viewer.segments()]);
  const got = segments.slice(before.segments);
  return {
    stalled: stalls.reduce(
      (sum, { at, duration }) => sum + Math.max(0, at + duration - Math.max(at, before.now)) / 1_000,
      0,
    ),
    got: got.map(({ url, mediaSequence, length }) => [`${mediaSequence} ${new URL(url).pathname}`, length] as const),
    wrong: got.filter(({ url, sha256 }) => stage.hashOf(url) !== sha256).map(({ url }) => url),
    // A page's console also tells of each request that failed.
    uncaught: viewer.errors
      .slice(before.errors)
      .filter((text) => !/Failed to load resource|WebSocket connection/.test(text)),
  };
}

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../support/front.js';
import type { Row } from '../support/row.js';
import type { Seat, Stage } from '../support/stage.js';

const SEGMENTS = /\.ts$/;
/** hls.js asks an origin that fails again after up to 8 s: who is lucky is back so much earlier, s. */
const RETRY = 8;

type Fronted = Pick<Seat, 'front'>;

/** The origins of these viewers fail so for a while, ms. */
async function failing(seats: readonly Fronted[], fault: Fault, duration: number): Promise<void> {
  for (const { front } of seats) front.fault = fault;
  await sleep(duration);
  for (const { front } of seats) front.fault = undefined;
}

/** All of them, the plain player included. */
const everybody = (stage: Stage): readonly Seat[] => [...stage.seats, stage.plain];
/** One of the mesh has a sound origin. */
const allButOne = (stage: Stage): readonly Seat[] => [...stage.seats.slice(1), stage.plain];

/** Plays it, and tells what the viewers of the mesh got from each other meanwhile. */
async function fromPeers(stage: Stage, play: () => Promise<void>): Promise<string> {
  const bytes = async () =>
    (await Promise.all(stage.viewers.map((viewer) => viewer.stats()))).map(({ peerBytes }) => peerBytes);
  const before = await bytes();
  await play();
  const after = await bytes();
  const sum = after.reduce((all, each, i) => all + each - (before[i] ?? 0), 0);
  return `${(sum / 1e6).toFixed(1)} MB from peers`;
}

/** A fault of the origins of some, for a while, ms. */
const fails =
  (who: (stage: Stage) => readonly Fronted[], fault: Fault, duration: number): Row['play'] =>
  (stage) =>
    fromPeers(stage, () => failing(who(stage), fault, duration));

/** What `live-torrent -u` plays fails, which the plain player plays itself, for a while, ms. */
const upstreamFails = (fault: Fault, duration: number): Row['play'] =>
  fails(({ upstream }) => (upstream ? [{ front: upstream }] : []), fault, duration);
const behind = { stage: { upstream: true } };

/** Faults of what viewers get playlists and segments from. */
export const originRows: readonly Row[] = [
  {
    fault: 'The origin answers 503 for 30 s',
    promised: 'as without peers, then on',
    allowed: { stall: RETRY },
    play: fails(everybody, { status: 503 }, 30_000),
  },
  {
    fault: 'Segments are 503 for 15 s, for all viewers but one',
    promised: 'the others get them from it',
    play: fails(allButOne, { at: SEGMENTS, status: 503 }, 15_000),
  },
  {
    fault: 'Segments hang for 15 s, for all viewers but one',
    promised: 'the others get them from it',
    play: fails(allButOne, { at: SEGMENTS, hangs: true }, 15_000),
  },
  {
    fault: 'The origin takes requests and never answers, for 15 s',
    promised: 'as without peers, then on',
    allowed: { stall: RETRY },
    play: fails(everybody, { hangs: true }, 15_000),
  },
  {
    fault: 'Segments end at half, cleanly, for all viewers but one, 15 s',
    promised: 'whole ones from it, where they come in time',
    allowed: { wrong: 0.25 },
    play: fails(allButOne, { at: SEGMENTS, sends: 0.5 }, 15_000),
  },
  {
    fault: 'One viewer’s origin changes a byte of each segment, 15 s',
    promised: 'right ones from the others, where they come in time; none passed on',
    allowed: { wrong: 0.1 },
    play: fails((stage) => [...stage.seats.slice(0, 1), stage.plain], { at: SEGMENTS, corrupts: true }, 15_000),
  },
  {
    fault: 'Segments are answered by 416 for 10 s',
    promised: 'as without peers, then on',
    allowed: { stall: RETRY },
    play: fails(everybody, { at: SEGMENTS, status: 416, headers: { 'content-range': 'bytes */1' } }, 10_000),
  },
  {
    fault: 'The origin refuses connections for 15 s',
    promised: 'as without peers, then on',
    allowed: { stall: RETRY },
    play: (stage) =>
      fromPeers(stage, async () => {
        for (const front of stage.fronts) await front.refuse();
        await sleep(15_000);
        for (const front of stage.fronts) await front.accept();
      }),
  },
  {
    fault: 'The origin’s clock is 2 h off',
    promised: 'no difference',
    play: async (stage) => {
      const date = new Date(Date.now() + 7_200_000).toUTCString();
      await failing(everybody(stage), { headers: { date } }, 15_000);
      return undefined;
    },
  },
  {
    fault: 'Files vanish from the folder of `-f`, every third, for 20 s',
    promised: 'the feed goes on without them',
    play: async (stage) => {
      const names = readdirSync(stage.folder).filter((_, i) => i % 3 === 0);
      const kept = names.map((name) => [join(stage.folder, name), readFileSync(join(stage.folder, name))] as const);
      for (const [path] of kept) rmSync(path);
      await sleep(20_000);
      for (const [path, bytes] of kept) writeFileSync(path, bytes);
      const response = await fetch(new URL('manifest.m3u8', stage.cli.url));
      return `playlist ${response.status}`;
    },
  },
  {
    fault: 'With `-u`, the upstream takes requests and never answers, for 15 s',
    promised: 'as at the upstream, then on',
    ...behind,
    allowed: { stall: RETRY },
    play: upstreamFails({ hangs: true }, 15_000),
  },
  {
    fault: 'With `-u`, the upstream answers 503 for 30 s',
    promised: 'as at the upstream, then on',
    ...behind,
    allowed: { stall: RETRY },
    play: upstreamFails({ status: 503 }, 30_000),
  },
  {
    fault: 'With `-u`, segments of the upstream are 503 for 15 s',
    promised: 'as at the upstream, then on',
    ...behind,
    allowed: { stall: RETRY },
    play: upstreamFails({ at: SEGMENTS, status: 503 }, 15_000),
  },
  {
    fault: 'With `-u`, segments of the upstream end at half, cleanly, for 15 s',
    promised: 'each of the three gets what the upstream sends, and what is whole again',
    ...behind,
    // Three of them, and one plain.
    allowed: { wrong: 3.5 },
    play: upstreamFails({ at: SEGMENTS, sends: 0.5 }, 15_000),
  },
];

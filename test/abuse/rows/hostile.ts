import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../harness/poll.mjs';
import type { Viewer } from '../../browser/support/viewer.js';
import { type Behaviour, behaviour, behaviours } from '../support/behaviours.js';
import { PLAYLIST } from '../support/front.js';
import { HostileViewer } from '../support/hostile-viewer.js';
import { provideWebRtc } from '../support/node-webrtc.js';
import { cpuOf, memoryOf } from '../support/page-cpu.js';
import type { Row } from '../support/row.js';
import type { Stage } from '../support/stage.js';
import { StageVictims } from '../support/stage-victims.js';

/** How long they are watched without it, and with it, ms. */
const BEFORE_MS = 5_000;
const ATTACK_MS = 15_000;
/**
 * What an honest viewer's main thread may do more with it: so many times as much, or as the plain player's does more meanwhile, and this part of a core
 * besides, which the machine does to it.
 */
const CPU_TIMES = 1.5;
const CPU_BESIDES = 0.03;
/** What an honest viewer's page may hold more after it, MiB: less than a dozen of the stream's segments. */
const MEMORY_MIB = 16;
/** Within this the attackers have a link, or stay without one, ms. */
const LINKED_MS = 25_000;

/** Who means no good. */
interface Attacker {
  /** How many links it ever had, and has now. */
  readonly opened: number;
  readonly links: number;
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
}

const attack = (fault: string, promised: string, behaviours: readonly Behaviour[], joins = false): Row =>
  attackBy(fault, promised, (_, victims) => behaviours.map((each) => new HostileViewer(each, victims)), joins);

const attackBy = (
  fault: string,
  promised: string,
  attackers: (stage: Stage, victims: StageVictims) => readonly Attacker[],
  joins = false,
): Row => ({
  fault,
  promised,
  // A copy is what three viewers without peers make of it, and what was wrong comes a second time.
  allowed: { copies: 3.2, whole: 60 },
  async play(stage) {
    provideWebRtc();
    const victims = await StageVictims.start(stage);
    const hostile = attackers(stage, victims);
    try {
      const held = await memories(stage);
      const calm = await cpuDuring(stage, BEFORE_MS);
      for (const viewer of hostile) await viewer.start();
      await waitFor('a link', () => hostile.some(({ opened }) => opened > 0), { timeout: LINKED_MS }).catch(() => {});
      const joined = joins ? await join(stage) : undefined;
      const busy = await cpuDuring(stage, ATTACK_MS);
      const sum = (of: (viewer: Attacker) => number): number => hostile.reduce((all, each) => all + of(each), 0);
      const links = `${sum(({ opened }) => opened)} links, ${sum(({ links }) => links)} at the end`;
      const grown = await grownBy(stage, held);
      return {
        seen: [
          `CPU ${percent(calm.ours)} → ${percent(busy.ours)}`,
          `${grown.toFixed(1)} MiB more`,
          links,
          ...(joined === undefined ? [] : [joined]),
        ].join('; '),
        broken: [
          ...(busy.ours > CPU_TIMES * Math.max(1, busy.plain / calm.plain) * calm.ours + CPU_BESIDES
            ? [
                `CPU ${percent(calm.ours)} → ${percent(busy.ours)}, the plain player’s ${percent(calm.plain)} → ${percent(busy.plain)}`,
              ]
            : []),
          ...(grown > MEMORY_MIB ? [`${grown.toFixed(1)} MiB more`] : []),
        ],
      };
    } finally {
      for (const viewer of hostile) await viewer.stop();
      victims.stop();
    }
  },
});

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;

const memories = async ({ viewers }: Stage): Promise<ReadonlyMap<Viewer, number>> =>
  new Map(await Promise.all(viewers.map(async (viewer) => [viewer, await memoryOf(viewer)] as const)));

/** By how much the page that has grown most holds more than before, MiB; one that has come since is not compared. */
async function grownBy(stage: Stage, before: ReadonlyMap<Viewer, number>): Promise<number> {
  const after = [...(await memories(stage))].filter(([viewer]) => before.has(viewer));
  return Math.max(...after.map(([viewer, held]) => held - (before.get(viewer) ?? held)));
}

/** The parts of a core that the busiest page of the mesh takes, and the plain player's. */
async function cpuDuring(
  { viewers, plain }: Stage,
  ms: number,
): Promise<{ readonly ours: number; readonly plain: number }> {
  const pages = [...viewers, plain.viewer];
  const before = await Promise.all(pages.map(cpuOf));
  await sleep(ms);
  const after = await Promise.all(pages.map(cpuOf));
  const parts = after.map((seconds, i) => (1_000 * (seconds - (before[i] ?? 0))) / ms);
  return { ours: Math.max(...parts.slice(0, -1)), plain: parts.at(-1) ?? 0 };
}

/** A viewer goes, and comes back under a new id, when all who come are expected. */
async function join(stage: Stage): Promise<string> {
  const [seat] = stage.seats;
  if (!seat) throw new Error('no viewer');
  await seat.viewer.close();
  await stage.replace(seat);
  const since = performance.now();
  const taken = async (): Promise<boolean> => (await seat.viewer.stats()).peerBytes > 0;
  const found = await waitFor('bytes from others', taken, { timeout: 60_000, interval: 500 }).then(
    () => `${((performance.now() - since) / 1_000).toFixed(0)} s`,
    () => 'more than 60 s',
  );
  return `who joins has bytes from others after ${found}`;
}

/** What a behaviour is to be met with, by its name; others: it costs no more than a copy. */
const PROMISED: Readonly<Record<string, string>> = {
  'all that it gives is wrong': 'banned after two pieces',
  'the last piece is wrong': 'banned after two pieces',
  'one piece in fifty is wrong': 'each bad piece is had anew; banned after two',
};

const isFlood = ({ frames }: Behaviour): boolean => frames !== undefined && frames.rate >= 50;

const everybody = behaviours.filter(({ offers }) => !offers);
const sybils = (ids: number): Behaviour[] => [{ ...behaviour('says that it has what it never gives'), ids }];

/** A playlist that lists each segment with the magnet of another, and names the stream. */
function withOtherMagnets(text: string): string {
  const magnet = /^###magnet:.*$/gm;
  const all = text.match(magnet) ?? [];
  let n = 0;
  return text.replace(magnet, () => all[(n++ + 1) % all.length] ?? '');
}

/** An honest loader on a page whose playlist means no good. */
class HostilePage implements Attacker {
  opened = 0;
  links = 0;
  #viewer: Viewer | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly stage: Stage) {}

  async start(): Promise<void> {
    const { viewer } = await this.stage.guest('hls.js', { at: PLAYLIST, rewrites: withOtherMagnets });
    const look = async (): Promise<void> => {
      const { links } = await viewer.stats();
      this.opened += Math.max(0, links - this.links);
      this.links = links;
    };
    this.#viewer = viewer;
    this.#timer = setInterval(() => void look().catch(() => undefined), 500);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#viewer?.close();
  }
}

export const hostileRows: readonly Row[] = [
  ...behaviours.map((each) =>
    attack(each.name, PROMISED[each.name] ?? (isFlood(each) ? 'ended and banned' : 'asked last; the origin in time'), [
      each,
    ]),
  ),
  attackBy(
    'a page that lists the stream’s magnets for other segments',
    'each player has its own origin’s bytes',
    (stage) => [new HostilePage(stage)],
  ),
  attack('All of these at once', 'no stall, no wrong byte', everybody),
  attack('5 ids of one that gives nothing, and a viewer comes', 'as with none, then linked', sybils(5), true),
  attack('20 ids of one that gives nothing, and a viewer comes', 'as with none, then linked', sybils(20), true),
];

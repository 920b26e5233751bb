import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../support/row.js';
import type { Stage } from '../support/stage.js';

/** How many viewers the trackers know, the most of both. */
const known = (stage: Stage): number => Math.max(...stage.trackers.map(({ peers }) => peers));

/** One more viewer comes; resolves to how long that took until it had a link, s. */
async function joins(stage: Stage): Promise<string> {
  const seat = stage.seats.at(-1);
  if (seat === undefined) throw new Error('nobody is there');
  await seat.viewer.close();
  const begun = Date.now();
  await stage.replace(seat);
  await stage.linked(60_000);
  return `a viewer that comes is linked after ${((Date.now() - begun) / 1_000).toFixed(1)} s`;
}

/** Faults of what introduces viewers to each other. */
export const trackerRows: readonly Row[] = [
  {
    fault: 'Both trackers die for 30 s',
    promised: 'links stay, no difference',
    allowed: { stall: 0.5, whole: 5 },
    play: async (stage) => {
      for (const tracker of stage.trackers) await tracker.stop();
      await sleep(30_000);
      await stage.restartTrackers();
      return undefined;
    },
  },
  {
    fault: 'Both trackers come back with no memory, then a viewer comes',
    promised: 'the viewers announce again, and it finds them',
    allowed: { whole: 60 },
    play: async (stage) => {
      await stage.restartTrackers();
      return joins(stage);
    },
  },
  {
    fault: 'One of two trackers is dead when a viewer comes',
    promised: 'no difference',
    play: async (stage) => {
      await stage.trackers[0].stop();
      const seen = await joins(stage);
      await stage.trackers[0].start([stage.streamId]);
      return seen;
    },
  },
  {
    fault: 'One of two trackers sends garbage for 20 s, and a viewer comes',
    promised: 'no difference',
    play: async (stage) => {
      await stage.trackers[0].stop();
      await stage.trackers[0].startGarbage(100);
      const seen = await joins(stage);
      await sleep(20_000);
      await stage.trackers[0].stop();
      await stage.trackers[0].start([stage.streamId]);
      return seen;
    },
  },
  {
    fault: 'Both trackers are dead from the start, and come after 15 s',
    promised: 'as without peers, then linked',
    stage: { trackersDown: true },
    allowed: { copies: 4, whole: 60 },
    play: async (stage) => {
      await sleep(15_000);
      await stage.restartTrackers();
      const begun = Date.now();
      await stage.linked(90_000);
      return `linked after ${((Date.now() - begun) / 1_000).toFixed(1)} s, ${known(stage)} viewers known`;
    },
  },
];

import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { WorkerControl } from '../../browser/support/worker-control.js';
import { rendererOf } from '../support/renderer.js';
import type { Row } from '../support/row.js';
import type { Seat, Stage } from '../support/stage.js';

const WORKER_STOPS = 50;
const SLEEP_MS = 20_000;

/** One of the mesh, and the plain player: the same happens to both. */
function both(stage: Stage): readonly Page[] {
  return [seatOf(stage), stage.plain].map(({ viewer }) => viewer.page);
}

function seatOf(stage: Stage, way = stage.seats[0]?.way): Seat {
  const found = stage.seats.find((seat) => seat.way === way);
  if (found === undefined) throw new Error(`nobody plays by ${way}`);
  return found;
}

async function frozen(page: Page, duration: number): Promise<undefined> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await sleep(duration);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await session.detach();
}

/** The pages' processes do not run: a closed lid. */
async function suspended(pages: readonly Page[], duration: number): Promise<undefined> {
  const pids: number[] = [];
  for (const page of pages) pids.push(await rendererOf(page));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(duration);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

/** Tells the page that nobody sees it, as a hidden tab is told; a headless browser's windows are always seen, so its timers go on. */
async function hidden(page: Page, duration: number): Promise<void> {
  const tell = (state: string): Promise<void> =>
    page.evaluate((visibilityState) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibilityState });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await tell('hidden');
  await sleep(duration);
  await tell('visible');
}

/** The page's clock of the day is so much further, ms. */
function jump(page: Page, by: number): Promise<void> {
  return page.evaluate((ms) => {
    const { now } = Date;
    Date.now = () => now() + ms;
  }, by);
}

/** Faults of the browser and of the device. */
export const browserRows: readonly Row[] = [
  {
    fault: 'A page is frozen for 20 s, and resumed',
    promised: 'it catches up, the others miss nothing',
    play: async (stage) => void (await Promise.all(both(stage).map((page) => frozen(page, SLEEP_MS)))),
  },
  {
    fault: 'A page’s process stands still for 20 s, as on a laptop that sleeps, and its clock jumps by 2 h',
    promised: 'it catches up, the others miss nothing',
    play: async (stage) => {
      await suspended(both(stage), SLEEP_MS);
      for (const page of both(stage)) await jump(page, 7_200_000);
      return undefined;
    },
  },
  {
    fault: 'A viewer’s clock jumps back by 2 h',
    promised: 'no difference',
    allowed: { stall: 0.5, whole: 5 },
    play: async (stage) => {
      for (const page of both(stage)) await jump(page, -7_200_000);
      await sleep(10_000);
      return undefined;
    },
  },
  {
    fault: 'A page that plays is told for a minute that it is hidden',
    promised: 'it plays on, and stays in the mesh',
    allowed: { stall: 0.5, whole: 5 },
    play: async (stage) => void (await Promise.all(both(stage).map((page) => hidden(page, 60_000)))),
  },
  {
    fault: 'A viewer has no network for 20 s, but its links',
    promised: 'as without peers, then on',
    play: async (stage) => {
      for (const page of both(stage)) await page.context().setOffline(true);
      await sleep(20_000);
      for (const page of both(stage)) await page.context().setOffline(false);
      return undefined;
    },
  },
  {
    fault: `A service worker is stopped ${WORKER_STOPS} times`,
    promised: 'the network answers, the page is asked again',
    play: async (stage) => {
      const { viewer } = seatOf(stage, 'worker');
      const control = await WorkerControl.of(viewer.page);
      const before = control.starts;
      for (let stop = 0; stop < WORKER_STOPS; stop++) {
        await control.stop();
        await sleep(400 + Math.random() * 800);
      }
      return `${control.starts - before} starts`;
    },
  },
  {
    fault: 'No page may store anything more, and service workers start anew',
    promised: 'no difference: nothing is stored',
    play: async (stage) => {
      const { viewer } = seatOf(stage, 'worker');
      for (const page of [viewer.page, ...both(stage)]) {
        const session = await page.context().newCDPSession(page);
        await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize: 0 });
      }
      const control = await WorkerControl.of(viewer.page);
      const before = control.starts;
      for (let stop = 0; stop < 5; stop++) {
        await control.stop();
        await sleep(2_000);
      }
      const { usage = 0 } = await viewer.page.evaluate(() => navigator.storage.estimate());
      return `${control.starts - before} starts, ${usage} bytes stored`;
    },
  },
  {
    fault: 'A viewer’s process is killed, and its page is opened again',
    promised: 'the others miss nothing',
    play: async (stage) => {
      const seat = seatOf(stage);
      await seat.viewer.kill();
      await sleep(3_000);
      await stage.replace(seat);
      return undefined;
    },
  },
  {
    fault: 'A browser tells its pages ten times that memory is critically short',
    promised: 'no difference',
    play: async (stage) => {
      for (const page of both(stage)) {
        const session = await page.context().newCDPSession(page);
        for (let turn = 0; turn < 10; turn++) {
          await session.send('Memory.simulatePressureNotification', { level: 'critical' });
          await sleep(500);
        }
        await session.detach();
      }
      return undefined;
    },
  },
];

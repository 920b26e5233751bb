import type { CDPSession } from 'playwright-core';
import type { Viewer } from '../../browser/support/viewer.js';

/** A page's time counts from when its session began. */
const sessions = new WeakMap<Viewer['page'], Promise<CDPSession>>();

/** Processor time of the main thread of a viewer's page since it was asked for the first time, s: time in which others had the processor is not in it. */
export async function cpuOf(viewer: Viewer): Promise<number> {
  return metricOf(await sessionOf(viewer), 'TaskDuration');
}

/** What a viewer's page holds in memory after its garbage is gone, MiB: its objects, and the bytes of its buffers. */
export async function memoryOf(viewer: Viewer): Promise<number> {
  const session = await sessionOf(viewer);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  return (usedSize + backingStorageSize) / 2 ** 20;
}

function sessionOf({ page }: Viewer): Promise<CDPSession> {
  const begun = sessions.get(page) ?? begin(page);
  sessions.set(page, begun);
  return begun;
}

async function metricOf(session: CDPSession, wanted: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === wanted)?.value ?? 0;
}

async function begin(page: Viewer['page']): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return session;
}

import type { CDPSession } from 'playwright-core';
import type { Viewer } from '../../browser/support/viewer.js';

/** A page's time counts from when its session began. */
const sessions = new WeakMap<Viewer['page'], Promise<CDPSession>>();

/** How long the main thread of a viewer's page has been busy since it was asked for the first time, s. */
export async function cpuOf({ page }: Viewer): Promise<number> {
  const begun = sessions.get(page) ?? begin(page);
  sessions.set(page, begun);
  const session = await begun;
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

async function begin(page: Viewer['page']): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'timeTicks' });
  return session;
}

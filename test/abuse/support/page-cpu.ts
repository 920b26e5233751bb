import type { Viewer } from '../../browser/support/viewer.js';

/** How long the main thread of a viewer's page has been busy so far, s. */
export async function cpuOf({ page }: Viewer): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('Performance.enable', { timeDomain: 'timeTicks' });
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  } finally {
    await session.detach();
  }
}

import type { Page } from 'playwright-core';

/** How long the page is busy to be found, ms. */
const BUSY_MS = 400;

/** The process that runs a page: the one that is busy while the page is. No protocol tells. */
export async function rendererOf(page: Page): Promise<number> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser of its own');
  const session = await browser.newBrowserCDPSession();
  const times = async (): Promise<Map<number, number>> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await times();
  await page.evaluate((duration) => {
    const end = performance.now() + duration;
    while (performance.now() < end);
  }, BUSY_MS);
  const after = await times();
  await session.detach();
  const spent = [...after].map(([id, time]) => [id, time - (before.get(id) ?? 0)] as const);
  const [busiest] = spent.sort(([, a], [, b]) => b - a);
  if (busiest === undefined) throw new Error('no process was busy');
  return busiest[0];
}

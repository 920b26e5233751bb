// @ts-check

/**
 * Connects a viewer of the delivery `chain` or `torrents` to one after it.
 * @param {import('puppeteer-core').Page} before
 * @param {import('puppeteer-core').Page} after
 * @param {boolean} isNext whether it is the next one, which the segments go on to
 */
export async function wire(before, after, isNext) {
  for (const page of [before, after]) await page.waitForFunction(() => globalThis.bench?.wiring);
  const offer = await before.evaluate((is) => globalThis.bench.wiring?.offer(is), isNext);
  if (!offer) throw new Error('a viewer of the row has nothing to link it by');
  const answer = await after.evaluate(({ offer, isNext }) => globalThis.bench.wiring?.answer(offer, isNext), {
    offer,
    isNext,
  });
  if (!answer) throw new Error('a viewer of the row has nothing to link it by');
  await before.evaluate((sdp) => globalThis.bench.wiring?.accept(sdp), answer);
}

// @ts-check

/**
 * Connects a viewer of the delivery `chain` or `torrents` to one after it.
 * @param {import('puppeteer-core').Page} before
 * @param {import('puppeteer-core').Page} after
 * @param {boolean} isNext whether it is the next one, which the segments go on to
 */
export async function wire(before, after, isNext) {
  for (const page of [before, after]) await page.waitForFunction(() => /** @type {any} */ (globalThis).bench?.wiring);
  const offer = await before.evaluate((is) => /** @type {any} */ (globalThis).bench.wiring.offer(is), isNext);
  const answer = await after.evaluate(
    ({ offer, isNext }) => /** @type {any} */ (globalThis).bench.wiring.answer(offer, isNext),
    { offer, isNext },
  );
  await before.evaluate((sdp) => /** @type {any} */ (globalThis).bench.wiring.accept(sdp), answer);
}

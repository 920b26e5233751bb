// @ts-check

/**
 * Connects a viewer of the delivery `chain` to the one after it.
 * @param {import('puppeteer-core').Page} before
 * @param {import('puppeteer-core').Page} after
 */
export async function wire(before, after) {
  for (const page of [before, after]) await page.waitForFunction(() => /** @type {any} */ (globalThis).bench?.wiring);
  const offer = await before.evaluate(() => /** @type {any} */ (globalThis).bench.wiring.offer());
  const answer = await after.evaluate((sdp) => /** @type {any} */ (globalThis).bench.wiring.answer(sdp), offer);
  await before.evaluate((sdp) => /** @type {any} */ (globalThis).bench.wiring.accept(sdp), answer);
}

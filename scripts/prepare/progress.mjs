// @ts-check
/** How often a step that is still running says so where no terminal shows it, ms. */
const HEARTBEAT_MS = 15_000;

/** @param {number} since ms, `Date.now()`'s clock */
const elapsed = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs `work` and shows one line for it, with the time it took.
 * @template T
 * @param {string} title what is being done
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} what `work` resolves to; its error passes through
 */
export async function step(title, work) {
  const begun = Date.now();
  console.log(`… ${title}`);
  const heartbeat = setInterval(() => console.log(`… ${title}, ${elapsed(begun)}`), HEARTBEAT_MS);
  try {
    const result = await work();
    console.log(`✓ ${title} (${elapsed(begun)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${title} (${elapsed(begun)})`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} PollOptions
 * @property {number} [timeout] gives up after this long, ms; default 20,000
 * @property {number} [interval] waits this long between two looks, ms; default 100
 */

/**
 * Looks until `condition` yields something truthy.
 * @template T
 * @param {string} what named in the error
 * @param {() => T | Promise<T>} condition
 * @param {PollOptions} [options]
 * @returns {Promise<Exclude<T, false | undefined | null | 0 | ''>>} what the condition yielded
 * @throws {Error} naming `what` once the time is over
 */
export async function waitFor(what, condition, { timeout = 20_000, interval = 100 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const result = await condition();
    if (result) return /** @type {Exclude<T, false | undefined | null | 0 | ''>} */ (result);
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout / 1000} s`);
    await sleep(interval);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** Gives up after this long, ms; default 20,000. */
  readonly timeout?: number;
  /** Waits this long between two looks, ms; default 100. */
  readonly interval?: number;
}

/**
 * Looks until `condition` yields something truthy.
 * @param what named in the error
 * @returns what the condition yielded
 * @throws Error naming `what` once the time is over
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 20_000, interval = 100 }: PollOptions = {},
): Promise<Exclude<T, false | undefined | null | 0 | ''>> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const result = await condition();
    if (result) return result as Exclude<T, false | undefined | null | 0 | ''>;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout / 1000} s`);
    await sleep(interval);
  }
}

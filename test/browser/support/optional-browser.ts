import { describe } from '@jest/globals';

/**
 * `describe` where a browser that not every machine has is there; else `describe.skip`, which says on the terminal what is missing.
 * @param browser what was found
 * @param advice how to get it
 */
export function describeWith(browser: unknown, advice: string): (name: string, body: () => void) => void {
  if (browser !== undefined) return describe;
  // jest's --silent is for what tests print: nobody should take a skipped browser for one that passed.
  process.stderr.write(`! skipped: ${advice}\n`);
  return describe.skip;
}

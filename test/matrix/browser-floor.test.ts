import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.mjs';
import { Cli } from '../../harness/cli.mjs';
import { waitFor } from '../../harness/poll.mjs';
import { Viewer } from '../browser/support/viewer.js';

jest.setTimeout(120_000);

/** Takes away what came into browsers after the floor that docs/browsers.md states. */
function forgetWhatIsNew(): void {
  const forget = (owner: object, names: readonly PropertyKey[]): void => {
    for (const name of names) Reflect.deleteProperty(owner, name);
  };
  forget(AbortSignal, ['any', 'timeout']);
  forget(AbortSignal.prototype, ['throwIfAborted']);
  forget(Array, ['fromAsync']);
  forget(Array.prototype, ['findLast', 'findLastIndex', 'toReversed', 'toSorted', 'toSpliced', 'with']);
  forget(Map, ['groupBy']);
  forget(Object, ['groupBy']);
  forget(Promise, ['try', 'withResolvers']);
  forget(ReadableStream, ['from']);
  forget(ReadableStream.prototype, [Symbol.asyncIterator, 'values']);
  forget(Set.prototype, ['difference', 'intersection', 'isSubsetOf', 'union']);
  forget(Uint8Array, ['fromBase64', 'fromHex']);
  forget(Uint8Array.prototype, ['setFromBase64', 'setFromHex', 'toBase64', 'toHex', 'toReversed', 'toSorted', 'with']);
  forget(URL, ['canParse', 'parse']);
  forget(globalThis, ['Iterator', 'navigation', 'requestIdleCallback', 'scheduler']);
}

describe('a browser without what is newer than the floor: two viewers, with the worker', () => {
  let cli: Cli;
  let browser: Browser;
  const viewers: Viewer[] = [];

  beforeAll(async () => {
    cli = await Cli.start(['-f', join(import.meta.dirname, '../../examples/feed'), '-l']);
    browser = await launchBrowser();
    for (let i = 0; i < 2; i++) {
      const viewer = await Viewer.create(browser);
      viewers.push(viewer);
      await viewer.page.addInitScript(forgetWhatIsNew);
      await viewer.page.goto(`${cli.url}?worker=1`);
      await viewer.playing(60_000);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await cli?.stop();
  });

  it('gets segments from each other', async () => {
    await waitFor(
      'bytes from the other viewer',
      async () => {
        const [one, other] = await Promise.all(viewers.map((viewer) => viewer.stats()));
        return one && other && one.peerBytes + other.peerBytes > 0;
      },
      { timeout: 60_000 },
    );
  });

  it('leaves the console free of errors', () => {
    expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

import { jest } from '@jest/globals';
import type { Browser, LaunchOptions } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.mjs';
import { hasFfmpeg } from '../../browser/support/media.js';
import { report } from './report.js';
import type { Row } from './row.js';
import { type Apart, Stage } from './stage.js';
import { judge, type Verdict } from './verdict.js';

/** What a row costs at most, unless it says otherwise. */
const ALLOWED = { stall: 1, copies: 2, wrong: 0, whole: 30 };

/** A test for each row; what was seen goes into the section's table in docs/reliability.md. Rows with the same stage share it. `launch` is for the browser, `apart` the network of stages that have one. */
export function playRows(section: string, rows: readonly Row[], launch?: LaunchOptions, apart?: Apart): void {
  jest.setTimeout(300_000);
  (hasFfmpeg ? describe : describe.skip)(section, () => {
    let browser: Browser;
    let stage: Stage | undefined;
    let options: string | undefined;

    beforeAll(async () => {
      browser = await launchBrowser(launch);
    });

    afterAll(async () => {
      await stage?.close();
      await browser?.close();
    });

    it.each(rows.map((row) => [row.fault, row] as const))('%s', async (_, row) => {
      const wanted = JSON.stringify(row.stage ?? {});
      if (options !== wanted) {
        await stage?.close();
        stage = undefined;
      }
      stage ??= await Stage.start(browser, row.stage, apart);
      options = undefined;
      const verdict = await judge(stage, row);
      console.info(JSON.stringify({ section, fault: row.fault, ...verdict }));
      report(section, cellsOf(row, verdict));
      const allowed = { ...ALLOWED, ...row.allowed };
      if (allowed.wrong === 0) expect(verdict.wrong).toEqual([]);
      else expect(verdict.wrong.length).toBeLessThanOrEqual(allowed.wrong * verdict.plainWrong);
      expect(verdict.uncaught).toEqual([]);
      expect(verdict.broken).toEqual([]);
      expect(verdict.stalled).toBeLessThanOrEqual(verdict.plainStalled + allowed.stall);
      expect(verdict.copies).toBeLessThanOrEqual(allowed.copies);
      expect(verdict.whole ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(allowed.whole);
      // A stage on which a row has failed is not the next one's.
      options = wanted;
    });
  });
}

function cellsOf({ fault, promised }: Row, verdict: Verdict): string[] {
  const { stalled, plainStalled, copies, whole, wrong, plainWrong, seen = '' } = verdict;
  return [
    fault,
    promised,
    `${plainStalled.toFixed(1)} / ${stalled.toFixed(1)}`,
    `${plainWrong} / ${wrong.length}`,
    copies.toFixed(2),
    whole === undefined ? 'never' : whole.toFixed(1),
    seen,
  ];
}

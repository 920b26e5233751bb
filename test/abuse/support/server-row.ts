import { jest } from '@jest/globals';
import { report } from './report.js';

/** A fault that a server has to get over; nobody watches in a browser. */
export interface ServerRow {
  /** In a few words; names the row in docs/reliability.md. */
  readonly fault: string;
  /** What docs/reliability.md says of it, in a few words. */
  readonly promised: string;
  /** Why it cannot be played here; undefined when it can. Default: it can. */
  readonly whyNot?: () => string | undefined;
  /** Plays it. Resolves to the figures for the table. @throws Error where the promise is broken */
  play(): Promise<string>;
}

/** A test for each row; what was seen goes into the section's table in docs/reliability.md. */
export function playServerRows(section: string, rows: readonly ServerRow[]): void {
  jest.setTimeout(120_000);
  const playable = rows.filter(({ fault, whyNot }) => {
    const why = whyNot?.();
    if (why !== undefined) console.warn(`not played: ${fault}: ${why}`);
    return why === undefined;
  });
  it.each(playable.map((row) => [row.fault, row] as const))('%s', async (_, { fault, promised, play }) => {
    const seen = await play();
    console.info(`${fault}: ${seen}`);
    report(section, [fault, promised, seen]);
  });
}

/** @throws Error saying what is not so */
export function promise(what: string, kept: boolean): void {
  if (!kept) throw new Error(`not so: ${what}`);
}

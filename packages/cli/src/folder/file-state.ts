/** A file as a look at the folder saw it. */
export interface FileState {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Last write, ms since the epoch. */
  readonly mtimeMs: number;
  /** Last change of the inode, ms since the epoch: also renaming and setting times. */
  readonly ctimeMs: number;
}

/** A file that nobody has touched for this long is complete, ms: encoders flush their buffers more often. */
export const SETTLED = 10_000;
/** An encoder closes a file after it has begun the next one, within this time, ms. */
export const CLOSED = 500;

/**
 * Whether a file is written to its end, judged without asking the writer. It is when
 * it was renamed after its last write (writers that do that make it visible in one step), or
 * it has rested for `CLOSED` and `newest`, another file, was written to later, or it has rested for `SETTLED`.
 */
export function isComplete(file: FileState, newest: FileState, now: number): boolean {
  const rested = now - file.mtimeMs;
  if (rested >= SETTLED || file.ctimeMs > file.mtimeMs) return true;
  return rested >= CLOSED && newest.name !== file.name;
}

/** By the time of the last write, then by name. */
export function compareTimes(a: FileState, b: FileState): number {
  return a.mtimeMs - b.mtimeMs || compareNames(a, b);
}

const collator = new Intl.Collator('en', { numeric: true });

/** Natural order: `seg2.ts` before `seg10.ts`. */
export function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

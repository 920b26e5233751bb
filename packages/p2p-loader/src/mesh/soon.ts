/** Runs a task a moment later. */
export type Soon = (task: () => void) => void;

/**
 * How long small messages are gathered, ms: each send and each arrival of one costs a busy page a good part of a
 * millisecond, whatever its size.
 */
const GATHER_MS = 6;
/** How long those are gathered that nobody waits for, ms. */
const LAZY_MS = 25;

/** All tasks of one moment run in one timer; in a page that nobody sees at once: there timers come up to a second late, and who waits would take that for silence. */
export function after(ms: number, isSeen = () => !globalThis.document?.hidden): Soon {
  let due: (() => void)[] = [];
  const run = (): void => {
    const tasks = due;
    due = [];
    for (const each of tasks) each();
  };
  return (task) => {
    due.push(task);
    if (!isSeen()) queueMicrotask(run);
    else if (due.length === 1) setTimeout(run, ms);
  };
}

export const soon = after(GATHER_MS);
export const later = after(LAZY_MS);

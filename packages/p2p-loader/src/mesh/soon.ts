/** Runs a task a moment later. */
export type Soon = (task: () => void) => void;

/**
 * How long small messages are gathered, ms: each send and each arrival of one costs a busy page a good part of a
 * millisecond, whatever its size.
 */
const GATHER_MS = 6;
/** How long those are gathered that nobody waits for, ms. */
const LAZY_MS = 25;

/** All tasks of one moment run in one timer. */
function after(ms: number): Soon {
  let due: (() => void)[] = [];
  return (task) => {
    due.push(task);
    if (due.length > 1) return;
    setTimeout(() => {
      const tasks = due;
      due = [];
      for (const run of tasks) run();
    }, ms);
  };
}

export const soon = after(GATHER_MS);
export const later = after(LAZY_MS);

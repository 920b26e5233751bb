/** Runs a task a moment later. */
export type Soon = (task: () => void) => void;

/**
 * How long small messages are gathered, ms: each send and each arrival of one costs a busy page a good part of a
 * millisecond, whatever its size.
 */
const GATHER_MS = 6;

let due: (() => void)[] = [];

/** All tasks of one moment run in one timer. */
export const soon: Soon = (task) => {
  due.push(task);
  if (due.length > 1) return;
  setTimeout(() => {
    const tasks = due;
    due = [];
    for (const run of tasks) run();
  }, GATHER_MS);
};

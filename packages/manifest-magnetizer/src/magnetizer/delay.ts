/** Resolves after so many ms, or as soon as the signal says so. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/**
 * Waits for work that goes on, and no longer than so many ms, or until the signal says so.
 * @param wait `delay`, or what stands for it
 * @returns whether the work is done
 */
export async function within(
  work: Promise<unknown>,
  ms: number,
  wait: typeof delay,
  signal?: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController();
  signal?.addEventListener('abort', () => stop.abort(), { signal: stop.signal });
  if (signal?.aborted) stop.abort();
  const done = work.then(() => true);
  // Where the process was kept from running for that long, the work may be done, and its end waits behind the timer's.
  const late = wait(ms, stop.signal).then(() => new Promise<boolean>((resolve) => setTimeout(resolve, 0, false)));
  const isDone = await Promise.race([done, late]);
  stop.abort();
  return isDone;
}

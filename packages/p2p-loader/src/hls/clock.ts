/** Clock and timers of the hls.js loaders. */
export interface HlsClock {
  /** ms, the clock of the segments' `TransferTiming`. */
  readonly now: () => number;
  /** Runs `task` after `ms`; returns the function that prevents it. */
  readonly schedule: (task: () => void, ms: number) => () => void;
}

export const pageClock: HlsClock = {
  now: () => performance.now(),
  schedule: (task, ms) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

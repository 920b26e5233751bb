/** What V8's sampling profiler of the Chrome DevTools Protocol gives (Profiler.Profile). Times are µs. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** Paths of our scripts in a page. */
const OURS = /\/(?:p2p-loader|swarm|low-latency|classic)\.js$/;

/** Scripts that ran without a pause between them, ms: a task, or several. */
export interface Stretch {
  readonly ms: number;
  /** Of it in our scripts, and in what they call. */
  readonly ours: number;
}

/** The stretches of a profile. */
export function stretchesOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Stretch[] {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  /** That of the script that runs, or on whose behalf the browser does; undefined: none. */
  const urlOf = (id: number): string | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const url = frames.get(at)?.url;
      if (url) return url;
    }
    return undefined;
  };
  const stretches: { ms: number; ours: number }[] = [];
  let running: { ms: number; ours: number } | undefined;
  for (const [i, id] of samples.entries()) {
    const ms = (timeDeltas[i + 1] ?? 0) / 1_000;
    const isCollecting = frames.get(id)?.functionName === '(garbage collector)';
    const url = urlOf(id);
    if (url === undefined && !isCollecting) {
      running = undefined;
      continue;
    }
    if (!running) {
      running = { ms: 0, ours: 0 };
      stretches.push(running);
    }
    running.ms += ms;
    if (url !== undefined && OURS.test(url)) running.ours += ms;
  }
  return stretches;
}

/** Those over `limit` ms that would not be without us, or in which we take that long ourselves. */
export const causedByUs = (stretches: readonly Stretch[], limit = 50): Stretch[] =>
  stretches.filter(({ ms, ours }) => ms > limit && (ours > limit || ms - ours <= limit));
